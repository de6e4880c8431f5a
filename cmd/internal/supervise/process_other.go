//go:build !linux

package supervise

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

func widen(*os.File) {}

func wasKilled(*os.ProcessState) bool { return false }

func killGroup(p *os.Process) { _ = p.Kill() }
