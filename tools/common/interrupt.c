#include "tools/common/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static atomic_int interrupted; /* lock-free: for a handler and any thread */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&interrupted, 1);
}

void pt_interrupt_catch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool pt_interrupted(void)
{
    return atomic_load(&interrupted) != 0;
}
