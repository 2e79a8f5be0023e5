#include "tools/plim/archive.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"

struct pt_archive {
    pt_outputs outputs;
    char *path;
    pt_run *run;
    sqlite3 *database;
    sqlite3_stmt *insert_block, *insert_receipt, *insert_event, *insert_column;
    uint64_t blocks; /* so far */
};

/* A transaction holds so many blocks: what SQLite keeps in memory for one does not grow with the
 * history. The file has no name before its end, so that nobody sees a part of it. */
enum { CHUNK_BLOCKS = 256 };

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE blocks(height INTEGER PRIMARY KEY, time_s INTEGER NOT NULL, block_hash TEXT NOT"
    " NULL, state_root TEXT NOT NULL, receipts_hash TEXT NOT NULL, reports_accepted INTEGER NOT"
    " NULL, reports_refused INTEGER NOT NULL, transactions INTEGER NOT NULL, events INTEGER NOT"
    " NULL, gas_used TEXT NOT NULL);"
    "CREATE TABLE receipts(height INTEGER NOT NULL, receipt INTEGER NOT NULL, kind TEXT NOT NULL,"
    " status INTEGER NOT NULL, status_name TEXT NOT NULL, error TEXT, feed INTEGER, contract TEXT,"
    " function TEXT, caller TEXT, arguments TEXT, result TEXT, gas_used TEXT,"
    " PRIMARY KEY(height, receipt)) WITHOUT ROWID;"
    "CREATE TABLE events(height INTEGER NOT NULL, receipt INTEGER NOT NULL, event INTEGER NOT NULL,"
    " contract TEXT NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL,"
    " PRIMARY KEY(height, receipt, event)) WITHOUT ROWID;"
    "CREATE TABLE columns(table_name TEXT NOT NULL, column_name TEXT NOT NULL, is_key INTEGER NOT"
    " NULL, class TEXT NOT NULL, bytes INTEGER NOT NULL, scale INTEGER NOT NULL, unit TEXT NOT"
    " NULL, PRIMARY KEY(table_name, column_name)) WITHOUT ROWID;";

static pt_exit failed(const pt_archive *archive, pt_report *report)
{
    return pt_fail(report, PT_LIMIT, "%s: the archive cannot be written: %s", archive->path,
                   sqlite3_errmsg(archive->database));
}

static pt_exit execute(pt_archive *archive, const char *sql, pt_report *report)
{
    return sqlite3_exec(archive->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? PT_OK
               : failed(archive, report);
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text, size_t size)
{
    (void)sqlite3_bind_text64(statement, place, text, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void bind_name(sqlite3_stmt *statement, int place, pl_name name)
{
    bind_text(statement, place, name.text, name.size);
}

static void bind_hash(sqlite3_stmt *statement, int place, const uint8_t hash[32])
{
    char text[65];
    pt_hex(text, hash, 32);
    bind_text(statement, place, text, 64);
}

static void bind_u64_text(sqlite3_stmt *statement, int place, uint64_t value)
{
    char text[24];
    const int size = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    bind_text(statement, place, text, (size_t)size);
}

/* Fields as a JSON object of exact texts. */
static void bind_fields(sqlite3_stmt *statement, int place, pt_names names, const pl_field *fields,
                        size_t count, const uint8_t *bytes, size_t size)
{
    json_t *object = pt_fields_json(names, fields, count, bytes, size);
    char *text = json_dumps(object, JSON_COMPACT);
    if (text != NULL) {
        bind_text(statement, place, text, strlen(text));
    }
    free(text);
    json_decref(object);
}

static pt_exit step(pt_archive *archive, sqlite3_stmt *statement, pt_report *report)
{
    const int verdict = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return verdict == SQLITE_DONE ? PT_OK : failed(archive, report);
}

static pt_exit prepare(pt_archive *archive, sqlite3_stmt **statement, const char *sql,
                       pt_report *report)
{
    return sqlite3_prepare_v2(archive->database, sql, -1, statement, NULL) == SQLITE_OK
               ? PT_OK
               : failed(archive, report);
}

pt_exit pt_archive_open(pt_archive **archive, const char *path, pt_run *run, pt_report *report)
{
    pt_archive *made = pt_take_zeroed(1, sizeof *made);
    const char *temporary = NULL;
    *archive = made;
    made->path = pt_copy_text(path, strlen(path));
    made->run = run;
    PT_TRY(pt_may_replace(path, &pt_mark_archive, report));
    PT_TRY(pt_outputs_reserve(&made->outputs, &temporary, path, report));
    if (sqlite3_open_v2(temporary, &made->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK) {
        return failed(made, report);
    }
    /* No journal: a file that was not finished is removed, never repaired. */
    PT_TRY(execute(made, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", report));
    PT_TRY(execute(made, "PRAGMA application_id=0x504c494d; BEGIN;", report)); /* pt_mark_archive */
    PT_TRY(execute(made, schema, report));
    PT_TRY(prepare(made, &made->insert_block, "INSERT INTO blocks VALUES(?,?,?,?,?,?,?,?,?,?)",
                   report));
    PT_TRY(prepare(made, &made->insert_receipt,
                   "INSERT INTO receipts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", report));
    PT_TRY(
        prepare(made, &made->insert_column, "INSERT INTO columns VALUES(?,?,?,?,?,?,?)", report));
    return prepare(made, &made->insert_event, "INSERT INTO events VALUES(?,?,?,?,?,?)", report);
}

static pt_exit write_events(pt_archive *archive, uint64_t height, int receipt_index,
                            const pl_receipt *receipt, pt_report *report)
{
    size_t offset = 0;
    for (int i = 0; offset < receipt->events_size; i++) {
        pl_event event;
        if (pl_event_next(&event, &offset, receipt) != PL_OK) {
            return pt_fail(report, PT_INPUT, "an event of block %llu does not decode",
                           (unsigned long long)height);
        }
        const pl_code *code = pl_chain_code(archive->run->chain, event.contract);
        const pl_signature *signature = &code->events[event.event];
        sqlite3_stmt *statement = archive->insert_event;
        (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)height);
        (void)sqlite3_bind_int(statement, 2, receipt_index);
        (void)sqlite3_bind_int(statement, 3, i);
        bind_name(statement, 4,
                  pl_chain_world(archive->run->chain)->contract_names[event.contract - 1]);
        bind_name(statement, 5, signature->name);
        bind_fields(statement, 6, (pt_names){.code = code, .chain = archive->run->chain},
                    signature->fields, signature->count, event.arguments, event.size);
        PT_TRY(step(archive, statement, report));
    }
    return PT_OK;
}

/* The columns that only calls have: 8 contract, 9 function, 10 caller, 11 arguments, 12 result, 13
 * gas. */
static void bind_call(pt_archive *archive, const pl_receipt *receipt, const pl_tx *tx)
{
    sqlite3_stmt *statement = archive->insert_receipt;
    const pl_chain *chain = archive->run->chain;
    const pl_code *code = pl_chain_code(chain, receipt->contract);
    bind_u64_text(statement, 13, receipt->gas_used);
    if (code == NULL) {
        return; /* a refused transaction may name a contract that is not there */
    }
    bind_name(statement, 8, pl_chain_world(chain)->contract_names[receipt->contract - 1]);
    if (receipt->function >= code->function_count) {
        return;
    }
    const pl_function *function = &code->functions[receipt->function];
    const pt_names names = {.code = code, .chain = chain};
    bind_name(statement, 9, function->name);
    if (tx != NULL) {
        char caller[PT_VALUE_TEXT_MAX];
        const pl_type account = {.class = PL_CLASS_ACCOUNT, .size = 32};
        (void)pt_value_text(caller, names, account, tx->caller);
        bind_text(statement, 10, caller, strlen(caller));
        bind_fields(statement, 11, names, function->parameters, function->parameter_count,
                    tx->arguments, tx->arguments_size);
    }
    if (receipt->status == PL_OK) {
        bind_fields(statement, 12, names, function->results, function->result_count,
                    receipt->result, receipt->result_size);
    }
}

static void bind_error(pt_archive *archive, const pl_receipt *receipt)
{
    if (receipt->status != PL_TRAP_REVERT) {
        return;
    }
    const pl_code *code = pl_chain_code(archive->run->chain, receipt->revert_contract);
    if (code != NULL && receipt->revert_error < code->error_count) {
        bind_name(archive->insert_receipt, 6, code->errors[receipt->revert_error].name);
    }
}

static pt_exit write_receipt(pt_archive *archive, uint64_t height, int index,
                             const pl_receipt *receipt, const pl_tx *tx, pt_report *report)
{
    static const char *const kinds[] = {"", "report", "transaction", "hook"};
    sqlite3_stmt *statement = archive->insert_receipt;
    const char *status = pl_status_name((pl_status)receipt->status);
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)height);
    (void)sqlite3_bind_int(statement, 2, index);
    bind_text(statement, 3, kinds[receipt->kind & 3], strlen(kinds[receipt->kind & 3]));
    (void)sqlite3_bind_int(statement, 4, receipt->status);
    bind_text(statement, 5, status, strlen(status));
    if (receipt->kind == PL_RECEIPT_REPORT) {
        (void)sqlite3_bind_int64(statement, 7, receipt->feed);
    } else {
        bind_error(archive, receipt);
        bind_call(archive, receipt, tx);
    }
    PT_TRY(step(archive, statement, report));
    return write_events(archive, height, index, receipt, report);
}

static pt_exit write_block_row(pt_archive *archive, const pl_block_result *result,
                               pt_report *report)
{
    sqlite3_stmt *statement = archive->insert_block;
    const pl_block_counts *counts = &result->counts;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)result->height);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)result->time_s);
    bind_hash(statement, 3, result->block_hash);
    bind_hash(statement, 4, result->state_root);
    bind_hash(statement, 5, result->receipts_hash);
    (void)sqlite3_bind_int64(statement, 6, counts->reports_accepted);
    (void)sqlite3_bind_int64(statement, 7, counts->reports_refused);
    (void)sqlite3_bind_int64(statement, 8,
                             (sqlite3_int64)counts->tx_ok + counts->tx_trap + counts->tx_revert +
                                 counts->tx_reject);
    (void)sqlite3_bind_int64(statement, 9, counts->events);
    bind_u64_text(statement, 10, counts->gas_used);
    return step(archive, statement, report);
}

pt_exit pt_archive_block(pt_archive *archive, const pl_block_result *result, pt_report *report)
{
    pl_block block;
    uint32_t where = 0;
    size_t offset = 0;
    if (++archive->blocks % CHUNK_BLOCKS == 0) {
        PT_TRY(execute(archive, "COMMIT; BEGIN;", report));
    }
    PT_TRY(write_block_row(archive, result, report));
    const pl_status decoded = pl_block_decode(&block, &where, result->block, result->block_size);
    if (decoded != PL_OK) {
        return pt_fail_status(report, decoded, "block %llu", (unsigned long long)result->height);
    }
    for (int i = 0; offset < result->receipts_size; i++) {
        pl_receipt receipt;
        pl_tx tx;
        const uint8_t *bytes = NULL;
        uint32_t size = 0;
        const pl_status status =
            pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "block %llu: a receipt",
                                  (unsigned long long)result->height);
        }
        const bool has_tx = receipt.kind == PL_RECEIPT_TRANSACTION &&
                            pl_items_next(&block.transactions, &bytes, &size) &&
                            pl_tx_decode(&tx, bytes, size) == PL_OK;
        PT_TRY(write_receipt(archive, result->height, i, &receipt, has_tx ? &tx : NULL, report));
    }
    return PT_OK;
}

/* "contract.table" in double quotes; names have letters, digits, '_' and '.' only. */
static void put_table_name(pt_bytes *sql, pl_name contract, pl_name table)
{
    pt_put_text(sql, "\"");
    pt_put(sql, contract.text, contract.size);
    pt_put_text(sql, ".");
    pt_put(sql, table.text, table.size);
    pt_put_text(sql, "\"");
}

/* Integers are exact decimal text: SQLite's own integers end at 2^63. What a column really holds
 * stands in the table `columns`. */
static void put_columns(pt_bytes *sql, const pl_field *fields, size_t count, bool *first)
{
    for (size_t i = 0; i < count; i++) {
        pt_put_text(sql, *first ? "\"" : ",\"");
        pt_put(sql, fields[i].name.text, fields[i].name.size);
        pt_put_text(sql, "\" TEXT NOT NULL");
        *first = false;
    }
}

static pt_exit describe_columns(pt_archive *archive, sqlite3_stmt *insert, pl_name contract,
                                pl_name table, const pl_field *fields, size_t count, bool is_key,
                                pt_report *report)
{
    static const char *const classes[] = {"bool",   "uint",    "int", "account",
                                          "symbol", "bytes32", "enum"};
    for (size_t i = 0; i < count; i++) {
        char title[160];
        const pl_type type = fields[i].type;
        const char *class_name = type.class < 7 ? classes[type.class] : "unknown";
        (void)snprintf(title, sizeof title, "%.*s.%.*s", (int)contract.size, contract.text,
                       (int)table.size, table.text);
        bind_text(insert, 1, title, strlen(title));
        bind_name(insert, 2, fields[i].name);
        (void)sqlite3_bind_int(insert, 3, is_key);
        bind_text(insert, 4, class_name, strlen(class_name));
        (void)sqlite3_bind_int(insert, 5, type.size);
        (void)sqlite3_bind_int(insert, 6, type.scale);
        bind_name(insert, 7, fields[i].unit);
        PT_TRY(step(archive, insert, report));
    }
    return PT_OK;
}

static void bind_columns(sqlite3_stmt *statement, int *place, pt_names names,
                         const pl_field *fields, size_t count, const uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        char text[PT_VALUE_TEXT_MAX];
        (void)pt_value_text(text, names, fields[i].type, bytes + fields[i].offset);
        bind_text(statement, (*place)++, text, strlen(text));
    }
}

static pt_exit create_table(pt_archive *archive, sqlite3_stmt **insert, pl_name contract,
                            const pl_table *table, pt_report *report)
{
    pt_bytes sql = {0};
    bool first = true;
    pt_put_text(&sql, "CREATE TABLE ");
    put_table_name(&sql, contract, table->name);
    pt_put_text(&sql, "(");
    put_columns(&sql, table->keys, table->key_count, &first);
    put_columns(&sql, table->fields, table->field_count, &first);
    pt_put_text(&sql, ")");
    pt_put_u8(&sql, 0);
    pt_exit result = execute(archive, (const char *)sql.data, report);
    sql.size = 0;
    pt_put_text(&sql, "INSERT INTO ");
    put_table_name(&sql, contract, table->name);
    pt_put_text(&sql, " VALUES(?");
    for (unsigned i = 1; i < (unsigned)table->key_count + table->field_count; i++) {
        pt_put_text(&sql, ",?");
    }
    pt_put_text(&sql, ")");
    pt_put_u8(&sql, 0);
    if (result == PT_OK) {
        result = prepare(archive, insert, (const char *)sql.data, report);
    }
    pt_bytes_free(&sql);
    return result;
}

static pt_exit write_table(pt_archive *archive, uint32_t contract, uint32_t number,
                           pt_report *report)
{
    pl_chain *chain = archive->run->chain;
    const pl_table *table = pl_chain_table(chain, contract, number);
    const pl_name name = pl_chain_world(chain)->contract_names[contract - 1];
    const pt_names names = {.code = pl_chain_code(chain, contract), .chain = chain};
    sqlite3_stmt *insert = NULL;
    pl_rows rows;
    pt_exit result = create_table(archive, &insert, name, table, report);
    if (result == PT_OK) {
        result = describe_columns(archive, archive->insert_column, name, table->name, table->keys,
                                  table->key_count, true, report);
    }
    if (result == PT_OK) {
        result = describe_columns(archive, archive->insert_column, name, table->name, table->fields,
                                  table->field_count, false, report);
    }
    const pl_status status = pl_rows_begin(&rows, chain, contract, number);
    while (result == PT_OK && status == PL_OK && pl_rows_next(&rows)) {
        int place = 1;
        bind_columns(insert, &place, names, table->keys, table->key_count, rows.key);
        bind_columns(insert, &place, names, table->fields, table->field_count, rows.row);
        result = step(archive, insert, report);
    }
    (void)sqlite3_finalize(insert);
    return result == PT_OK && status != PL_OK
               ? pt_fail_status(report, status, "table %.*s", (int)table->name.size,
                                table->name.text)
               : result;
}

static pt_exit put_meta(pt_archive *archive, sqlite3_stmt *insert, const char *key,
                        const char *value, pt_report *report)
{
    bind_text(insert, 1, key, strlen(key));
    bind_text(insert, 2, value, strlen(value));
    return step(archive, insert, report);
}

static pt_exit put_meta_number(pt_archive *archive, sqlite3_stmt *insert, const char *key,
                               uint64_t value, pt_report *report)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return put_meta(archive, insert, key, text, report);
}

static pt_exit put_meta_hash(pt_archive *archive, sqlite3_stmt *insert, const char *key,
                             const uint8_t hash[32], pt_report *report)
{
    char text[65];
    pt_hex(text, hash, 32);
    return put_meta(archive, insert, key, text, report);
}

static pt_exit write_meta(pt_archive *archive, sqlite3_stmt *insert, const pt_tally *tally,
                          pt_report *report)
{
    const pt_run *run = archive->run;
    const pl_world *world = pl_chain_world(run->chain);
    pl_head head;
    pl_chain_head(&head, run->chain);
    json_t *json = pt_world_json(run->chain);
    char *text = json_dumps(json, JSON_COMPACT);
    pt_exit result = put_meta(archive, insert, "world", text != NULL ? text : "", report);
    free(text);
    json_decref(json);
    PT_TRY(result);
    PT_TRY(put_meta_number(archive, insert, "semantics", PL_SEMANTICS_ID, report));
    PT_TRY(put_meta(archive, insert, "history_file", pt_path_base(run->history_path), report));
    PT_TRY(put_meta_hash(archive, insert, "history_sha256", run->history_hash, report));
    if (run->expect_path != NULL) {
        PT_TRY(
            put_meta(archive, insert, "expectations_file", pt_path_base(run->expect_path), report));
        PT_TRY(put_meta_hash(archive, insert, "expectations_sha256", run->expect_hash, report));
    }
    PT_TRY(put_meta_hash(archive, insert, "world_id", world->id, report));
    PT_TRY(put_meta(archive, insert, "stand_in_signer", pt_world_stand_in(world) ? "true" : "false",
                    report));
    PT_TRY(put_meta(archive, insert, "unsigned_prices", pt_world_unsigned(world) ? "true" : "false",
                    report));
    PT_TRY(put_meta_number(archive, insert, "first_height", run->resumed_height + 1, report));
    PT_TRY(put_meta_number(archive, insert, "final_height", head.height, report));
    PT_TRY(put_meta_hash(archive, insert, "final_root", head.state_root, report));
    PT_TRY(put_meta_number(archive, insert, "liquidations", tally->liquidations, report));
    PT_TRY(put_meta_number(archive, insert, "compared", tally->compared, report));
    return put_meta_number(archive, insert, "mismatches", tally->mismatches, report);
}

pt_exit pt_archive_finish(pt_archive *archive, const pt_tally *tally, pt_report *report)
{
    const pl_world *world = pl_chain_world(archive->run->chain);
    sqlite3_stmt *insert = NULL;
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        for (uint32_t t = 0; t < world->codes[c - 1].table_count; t++) {
            PT_TRY(write_table(archive, c, t, report));
        }
    }
    PT_TRY(prepare(archive, &insert, "INSERT INTO meta VALUES(?,?)", report));
    const pt_exit result = write_meta(archive, insert, tally, report);
    (void)sqlite3_finalize(insert);
    PT_TRY(result);
    PT_TRY(execute(archive, "COMMIT;", report));
    (void)sqlite3_finalize(archive->insert_block);
    (void)sqlite3_finalize(archive->insert_receipt);
    (void)sqlite3_finalize(archive->insert_event);
    (void)sqlite3_finalize(archive->insert_column);
    archive->insert_block = archive->insert_receipt = NULL;
    archive->insert_event = archive->insert_column = NULL;
    if (sqlite3_close(archive->database) != SQLITE_OK) {
        return failed(archive, report);
    }
    archive->database = NULL;
    return pt_outputs_commit(&archive->outputs, report);
}

void pt_archive_close(pt_archive *archive)
{
    if (archive == NULL) {
        return;
    }
    (void)sqlite3_finalize(archive->insert_block);
    (void)sqlite3_finalize(archive->insert_receipt);
    (void)sqlite3_finalize(archive->insert_event);
    (void)sqlite3_finalize(archive->insert_column);
    if (archive->database != NULL) {
        (void)sqlite3_close(archive->database);
    }
    pt_outputs_close(&archive->outputs);
    free(archive->path);
    free(archive);
}
