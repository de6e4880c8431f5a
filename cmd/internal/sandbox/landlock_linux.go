package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights to files, in Landlock's bits.
const (
	readFile = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readAll  = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	runAll   = readAll | unix.LANDLOCK_ACCESS_FS_EXECUTE
	writing  = readFile | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	// ofFiles are the rights that a rule on a file may carry; the others are a folder's.
	ofFiles = runAll&^unix.LANDLOCK_ACCESS_FS_READ_DIR | writing
)

// handled are the rights that Landlock of a version takes away where no rule gives them back, see landlock(7).
func handled(version int) unix.LandlockRulesetAttr {
	a := unix.LandlockRulesetAttr{Handled_access_fs: 1<<13 - 1}
	if version >= 2 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 4 {
		a.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 5 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return a
}

// restrictFiles lets the thread read what the plan and every program need, and nothing else. It tells by what means.
func restrictFiles(p Plan) (how string, err error) {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return "", fmt.Errorf("this kernel has no Landlock: %w", errno)
	}
	attributes := handled(int(version))
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attributes)), unsafe.Sizeof(attributes), 0)
	if errno != 0 {
		return "", fmt.Errorf("landlock_create_ruleset: %w", errno)
	}
	defer unix.Close(int(ruleset))
	for path, rights := range rules(p) {
		if err := allow(int(ruleset), path, rights); err != nil {
			return "", fmt.Errorf("landlock: %s: %w", path, err)
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0); errno != 0 {
		return "", fmt.Errorf("landlock_restrict_self: %w", errno)
	}
	return fmt.Sprintf("Landlock %d", version), nil
}

// rules are the rights by path.
func rules(p Plan) map[string]uint64 {
	rules := map[string]uint64{
		// What the C library, the Go runtime and ONNX Runtime want to know of the machine. Landlock keeps the secrets of
		// other processes in /proc closed.
		"/proc": readAll, "/sys/devices/system": readAll, "/sys/fs/cgroup": readAll, "/sys/kernel/mm": readAll,
		"/etc/ld.so.cache": readFile, "/etc/localtime": readFile, "/usr/share/zoneinfo": readAll,
		"/dev/null": writing, "/dev/zero": readFile, "/dev/urandom": readFile,
	}
	for _, path := range p.Read {
		rules[path] |= readAll
	}
	for _, folder := range libraries() {
		rules[folder] |= runAll
	}
	if p.Program != "" {
		rules[p.Program] |= runAll
	}
	return rules
}

// libraries are the folders from which this process, the same program as the child, has loaded its own.
func libraries() []string {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil
	}
	defer f.Close()
	var folders []string
	seen := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		at := strings.IndexByte(lines.Text(), '/')
		if at < 0 || !strings.Contains(filepath.Base(lines.Text()[at:]), ".so") {
			continue
		}
		if folder := filepath.Dir(lines.Text()[at:]); !seen[folder] {
			seen[folder] = true
			folders = append(folders, folder)
		}
	}
	return folders
}

// allow adds a rule for a path. One that is not there needs none.
func allow(ruleset int, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EACCES) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= ofFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
