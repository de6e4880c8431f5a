package ort

/*
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define BS_SIGNALS 32

typedef struct { struct sigaction action[BS_SIGNALS]; int known[BS_SIGNALS]; } bs_handlers;

static bs_handlers *bs_save(void) {
	bs_handlers *h = calloc(1, sizeof *h);
	if (!h) return NULL;
	for (int s = 1; s < BS_SIGNALS; s++)
		h->known[s] = sigaction(s, NULL, &h->action[s]) == 0;
	return h;
}

// bs_unset looks past the flags: Go sets SA_SIGINFO also for a signal that it ignores.
static int bs_unset(const struct sigaction *a) {
	return a->sa_handler == SIG_DFL || a->sa_handler == SIG_IGN;
}

// bs_restore puts back every handler that was replaced and returns how many there were. The whole sigaction is put
// back, so flags such as SA_ONSTACK, which Go cannot live without, are as before. A handler with SA_ONSTACK where there
// was none is Go's own, set by os/signal.Notify in the meantime: it stays.
static int bs_restore(bs_handlers *h) {
	int changed = 0;
	if (!h) return 0;
	for (int s = 1; s < BS_SIGNALS; s++) {
		struct sigaction now;
		if (!h->known[s] || sigaction(s, NULL, &now) != 0) continue;
		if (now.sa_sigaction == h->action[s].sa_sigaction && now.sa_flags == h->action[s].sa_flags) continue;
		if (bs_unset(&h->action[s]) && (now.sa_flags & SA_ONSTACK)) continue;
		if (sigaction(s, &h->action[s], NULL) == 0) changed++;
	}
	free(h);
	return changed;
}
*/
import "C"

// guardSignals remembers the process's signal handlers; the function it returns puts back those that changed since and
// says how many. CUDA installs handlers of its own without SA_ONSTACK when it starts, or later when it first sees a
// larger batch, and the next Ctrl-C would then crash the Go runtime; the wrapper leaves that to its users. So every
// native call that may run on a GPU is guarded: about 60 system calls, 10 microseconds. Real-time signals are left
// alone: the C library and Go use them.
func guardSignals() (restore func() int) {
	saved := C.bs_save()
	return func() int {
		n := int(C.bs_restore(saved))
		saved = nil
		return n
	}
}
