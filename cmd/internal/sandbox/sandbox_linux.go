package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Supported tells whether processes can be supervised here.
const Supported = true

// Confine restricts the calling thread, and every process that it starts from now on, for good: the goroutine must be
// locked to its thread and must end without unlocking it.
func Confine(p Plan) []Protection {
	privileges := by(NoPrivileges, "no_new_privs, capabilities dropped", errors.Join(dropCapabilities(), forgoPrivileges()))
	protections := []Protection{by(NoNetwork, "seccomp", filter(0, networkRules()))}
	if p.Devices {
		const why = "the graphics processor's driver needs them"
		return append(protections, missing(NoWriting, why), missing(InputsOnly, why), privileges)
	}
	how, err := restrictFiles(p)
	return append(protections, by(NoWriting, how, err), by(InputsOnly, how, err), privileges)
}

// Settle takes from all threads of the calling process what is not needed once it runs: starting programs, sending signals
// to others, being looked at by others, leaving its memory behind in a file.
func Settle(devices bool) []Protection {
	dumps := errors.Join(
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
	)
	programs := missing(NoPrograms, "the graphics processor's driver needs them")
	if !devices {
		programs = by(NoPrograms, "seccomp", filter(unix.SECCOMP_FILTER_FLAG_TSYNC, settledRules(os.Getpid())))
	}
	return []Protection{programs, by(NoDumps, "RLIMIT_CORE", dumps)}
}

// forgoPrivileges makes sure that no program started from here has more rights than the thread itself. Landlock and
// seccomp ask for it.
func forgoPrivileges() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }

// dropCapabilities leaves a superuser's thread one: reading what belongs to others, without which an administrator's scan
// would find less than without the sandbox.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // of 32 capabilities each
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	kept := sets[0].Permitted & (1 << unix.CAP_DAC_READ_SEARCH)
	sets = [2]unix.CapUserData{{Effective: kept, Permitted: kept}}
	if err := unix.Capset(&header, &sets[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	return nil
}

// Limit bounds another process of the same user.
func Limit(pid int, l Limits) error {
	err := unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	if l.Data > 0 {
		most := &unix.Rlimit{Cur: uint64(l.Data), Max: uint64(l.Data)}
		err = errors.Join(err, unix.Prlimit(pid, unix.RLIMIT_DATA, most, nil))
	}
	return err
}

// Expendable makes the system end this process rather than others when memory runs out.
func Expendable(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("500"), 0)
}

// Resident is how many bytes of memory a process holds.
func Resident(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(data) // size, resident, ... in pages
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of process %d: %q", pid, data)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}
