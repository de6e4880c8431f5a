package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// oldCalls are the calls, of this processor alone, that do what a settled child may not.
func oldCalls() []uint32 { return nil }
