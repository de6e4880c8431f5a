// Package hijack does to signal handlers what CUDA does when it starts, for a test. It is a package of its own because
// Go's test files cannot contain C.
package hijack

/*
#include <signal.h>
#include <string.h>

static void bs_handler(int s) { (void)s; }

static int bs_hijack(int s) {
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_handler = bs_handler;
	return sigaction(s, &a, NULL);
}

static int bs_on_stack(int s) {
	struct sigaction a;
	return sigaction(s, NULL, &a) == 0 && (a.sa_flags & SA_ONSTACK) != 0;
}
*/
import "C"

import "syscall"

// Install replaces the handler of a signal by one without SA_ONSTACK and reports success.
func Install(s syscall.Signal) bool { return C.bs_hijack(C.int(s)) == 0 }

// OnStack reports whether the handler of a signal has SA_ONSTACK.
func OnStack(s syscall.Signal) bool { return C.bs_on_stack(C.int(s)) != 0 }
