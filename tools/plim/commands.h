/* The subcommands of plim. One file each; main.c has the table that runs them and prints help. */
#ifndef PT_PLIM_COMMANDS_H
#define PT_PLIM_COMMANDS_H

#include "tools/common/args.h"

extern const pt_command pt_command_build;
extern const pt_command pt_command_check;
extern const pt_command pt_command_fmt;
extern const pt_command pt_command_disasm;
extern const pt_command pt_command_run;
extern const pt_command pt_command_import;
extern const pt_command pt_command_import_ocr;
extern const pt_command pt_command_import_calltree;
extern const pt_command pt_command_import_csv;
extern const pt_command pt_command_import_prices;
extern const pt_command pt_command_import_trades;
extern const pt_command pt_command_import_positions;
extern const pt_command pt_command_import_maker;
extern const pt_command pt_command_import_thursday;
extern const pt_command pt_command_import_compound_day;
extern const pt_command pt_command_import_aave_v2_events;
extern const pt_command pt_command_gen_perp;
extern const pt_command pt_command_replay;
extern const pt_command pt_command_show;
extern const pt_command pt_command_explain;
extern const pt_command pt_command_certify;
extern const pt_command pt_command_verify;
extern const pt_command pt_command_diff;
extern const pt_command pt_command_waterfall;
extern const pt_command pt_command_calls;
extern const pt_command pt_command_curve;
extern const pt_command pt_command_oracle_verify;
extern const pt_command pt_command_oracle_inspect;
extern const pt_command pt_command_oracle_formats;
extern const pt_command pt_command_oracle_sign;
extern const pt_command pt_command_oracle_vectors;
extern const pt_command pt_command_version;

#define PT_VERSION "0.1.0"

#endif
