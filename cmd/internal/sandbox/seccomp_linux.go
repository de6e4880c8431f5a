package sandbox

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rule is what the kernel answers to a system call.
type rule struct {
	call   uint32
	answer syscall.Errno
	unless *condition // the call is let through when it holds; nil means never
}

// condition looks at the lower half of a call's first argument: BPF_JEQ for equality, BPF_JSET for a bit.
type condition struct {
	jump  uint16
	value uint32
}

func deny(calls ...uint32) []rule {
	var rules []rule
	for _, call := range calls {
		rules = append(rules, rule{call: call, answer: unix.EPERM})
	}
	return rules
}

// networkRules are what no child needs, from the start on: the network, and the ways around these very rules or into other
// processes and the kernel.
func networkRules() []rule {
	return append(deny(
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG,
		unix.SYS_SETSOCKOPT, unix.SYS_GETSOCKOPT, unix.SYS_SHUTDOWN,
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, // opens sockets without those calls
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_MOUNT_SETATTR,
		unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_OPEN_BY_HANDLE_AT,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
		unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
		unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_QUOTACTL, unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME,
	), rule{unix.SYS_PRLIMIT64, unix.EPERM, &condition{unix.BPF_JEQ, 0}}) // of itself only: the parent's limits are its own
}

// settledRules are what a child that runs does not need: other programs, signals to anybody but itself, and the modes,
// owners, times and attributes of files, which Landlock does not guard. Threads it
// does need: clone is let through with CLONE_THREAD, and clone3, whose flags a filter cannot see, is denied in the way
// that makes C libraries fall back to clone.
func settledRules(pid int) []rule {
	self := &condition{unix.BPF_JEQ, uint32(pid)}
	thread := &condition{unix.BPF_JSET, unix.CLONE_THREAD}
	rules := deny(oldCalls()...)
	rules = append(rules, deny(
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_TKILL, unix.SYS_SETPRIORITY,
		unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT,
		unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	)...)
	return append(rules,
		rule{unix.SYS_CLONE, unix.EPERM, thread},
		rule{unix.SYS_CLONE3, unix.ENOSYS, nil},
		rule{unix.SYS_KILL, unix.EPERM, self},
		rule{unix.SYS_TGKILL, unix.EPERM, self},
		rule{unix.SYS_RT_SIGQUEUEINFO, unix.EPERM, self},
		rule{unix.SYS_RT_TGSIGQUEUEINFO, unix.EPERM, self},
	)
}

// Offsets in struct seccomp_data.
const (
	offsetCall = 0
	offsetArch = 4
	offsetArg0 = 16 // its lower half on a little-endian processor, as all with an audit number here are
)

// foreign is the bit of the numbers that belong to another calling convention of the same processor (x32).
const foreign = 0x40000000

// program compiles rules. Whatever is not denied is allowed: decoders and drivers use more calls than a list could follow.
func program(arch uint32, rules []rule) []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	jump := func(kind uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | kind, Jt: yes, Jf: no, K: value}
	}
	answer := func(verdict uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
	}
	code := []unix.SockFilter{
		load(offsetArch), jump(unix.BPF_JEQ, arch, 1, 0), answer(unix.SECCOMP_RET_KILL_PROCESS),
		load(offsetCall), jump(unix.BPF_JGE, foreign, 0, 1), answer(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
	}
	for _, r := range rules {
		denied := answer(unix.SECCOMP_RET_ERRNO | uint32(r.answer))
		if r.unless == nil {
			code = append(code, jump(unix.BPF_JEQ, r.call, 0, 1), denied)
			continue
		}
		code = append(code, jump(unix.BPF_JEQ, r.call, 0, 4),
			load(offsetArg0), jump(r.unless.jump, r.unless.value, 1, 0), denied, load(offsetCall))
	}
	return append(code, answer(unix.SECCOMP_RET_ALLOW))
}

// filter puts rules in force for the calling thread, or for all with the flag for that. They add to those in force.
func filter(flags uintptr, rules []rule) error {
	if auditArch == 0 {
		return errors.New("no seccomp rules for this processor")
	}
	code := program(auditArch, rules)
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	// SPEC_ALLOW: without it older kernels slow the whole process down.
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags|unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("seccomp: thread %d has rules of its own", thread)
	}
	return nil
}
