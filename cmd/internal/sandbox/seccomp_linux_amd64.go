package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// startsProcess are the calls, of this processor alone, that start a process.
func startsProcess() []uint32 { return []uint32{unix.SYS_FORK, unix.SYS_VFORK} }
