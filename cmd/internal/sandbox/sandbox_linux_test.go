package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// asChild names the folder in which a test's child tries what it may not do.
const asChild = "BLENDSCOPE_TEST_SANDBOX"

func TestMain(m *testing.M) {
	if folder, ok := os.LookupEnv(asChild); ok {
		if err := json.NewEncoder(os.Stdout).Encode(attempts(folder)); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// report is what a child found out: the error of each attempt, empty where it succeeded.
type report struct {
	Settled []Protection
	Errors  map[string]string
}

func attempts(folder string) report {
	r := report{Errors: map[string]string{}}
	try := func(name string, f func() error) {
		r.Errors[name] = ""
		if err := f(); err != nil {
			r.Errors[name] = err.Error()
		}
	}
	starts := func() error { // in an empty environment: it must not do all this again
		again := exec.Command("/proc/self/exe", "-test.run=^$")
		again.Env = []string{}
		return again.Run()
	}
	try("start before settling", starts)
	try("change the mode before settling", func() error { return os.Chmod(filepath.Join(folder, "given", "a"), 0o600) })
	r.Settled = Settle(false)
	try("start", starts)
	for name, domain := range map[string]int{"tcp": unix.AF_INET, "tcp6": unix.AF_INET6, "unix": unix.AF_UNIX, "netlink": unix.AF_NETLINK} {
		try(name, func() error { return socket(domain) })
	}
	try("dial", func() error { _, err := net.Dial("tcp", "127.0.0.1:9"); return err })
	given, other := filepath.Join(folder, "given"), filepath.Join(folder, "other")
	try("read given", func() error { _, err := os.ReadFile(given + "/a"); return err })
	try("read given by descriptor", func() error { return reopen(given + "/a") })
	try("read other", func() error { _, err := os.ReadFile(other + "/a"); return err })
	try("list other", func() error { _, err := os.ReadDir(other); return err })
	try("write", func() error { return os.WriteFile(given+"/a", []byte("x"), 0o600) })
	try("create", func() error { return os.WriteFile(given+"/new", []byte("x"), 0o600) })
	try("truncate", func() error { return os.Truncate(given+"/a", 0) })
	try("change the mode", func() error { return os.Chmod(given+"/a", 0o600) })
	try("change the time", func() error { return os.Chtimes(given+"/a", time.Time{}, time.Unix(1, 0)) })
	try("remove", func() error { return os.Remove(given + "/a") })
	try("limit the parent", func() error { return unix.Prlimit(os.Getppid(), unix.RLIMIT_CORE, nil, new(unix.Rlimit)) })
	try("read its own limits", func() error { return unix.Prlimit(0, unix.RLIMIT_CORE, nil, new(unix.Rlimit)) })
	try("signal", func() error { return unix.Kill(os.Getppid(), 0) })
	try("signal itself", func() error { return unix.Kill(os.Getpid(), 0) })
	try("threads", threads)
	try("dump", func() error {
		var limit unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur == 0 {
			return errors.New("none")
		}
		return nil
	})
	return r
}

func socket(domain int) error {
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if domain == unix.AF_NETLINK {
		fd, err = unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// reopen is how videos are handed to decoders.
func reopen(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return err
	}
	return again.Close()
}

// threads needs more of them than there are.
func threads() error {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for range 2 * runtime.NumCPU() {
		all.Go(func() { runtime.LockOSThread(); <-gate })
	}
	close(gate)
	all.Wait()
	return nil
}

// run starts a child, after prepare in the thread that starts it.
func run(t *testing.T, folder string, prepare func()) report {
	t.Helper()
	type answer struct {
		out []byte
		err error
	}
	answers := make(chan answer)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		prepare()
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), asChild+"="+folder)
		out, err := child.Output()
		answers <- answer{out, err}
	}()
	a := <-answers
	var failed *exec.ExitError
	if errors.As(a.err, &failed) {
		t.Fatalf("%v: %s", a.err, failed.Stderr)
	}
	var r report
	if err := errors.Join(a.err, json.Unmarshal(a.out, &r)); err != nil {
		t.Fatalf("%v: %s", err, a.out)
	}
	return r
}

func folder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"given", "other"} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "a"), []byte("a"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func plan(folder string) Plan {
	return Plan{Program: os.Args[0], Read: []string{filepath.Join(folder, "given"), filepath.Join(folder, "not there")}}
}

func TestConfinedChildHasOnlyWhatItNeeds(t *testing.T) {
	in := folder(t)
	var confined []Protection
	r := run(t, in, func() { confined = Confine(plan(in)) })
	if _, lacking := Describe(append(confined, r.Settled...)); lacking != "" {
		t.Skip("this system lacks protections: ", lacking)
	}
	for _, name := range []string{"read given", "read given by descriptor", "signal itself", "read its own limits", "threads", "start before settling", "change the mode before settling"} {
		if r.Errors[name] != "" {
			t.Errorf("%s: %s", name, r.Errors[name])
		}
	}
	denied := map[string]string{
		"tcp": "not permitted", "tcp6": "not permitted", "unix": "not permitted", "netlink": "not permitted", "dial": "not permitted",
		"read other": "denied", "list other": "denied", "write": "denied", "create": "denied", "truncate": "denied", "remove": "denied",
		"change the mode": "not permitted", "change the time": "not permitted", "limit the parent": "not permitted",
		"start": "not permitted", "signal": "not permitted", "dump": "none",
	}
	for name, want := range denied {
		if !strings.Contains(r.Errors[name], want) {
			t.Errorf("%s: %q, want %q", name, r.Errors[name], want)
		}
	}
	if data, err := os.ReadFile(filepath.Join(in, "given", "a")); err != nil || string(data) != "a" {
		t.Errorf("the file has changed: %q, %v", data, err)
	}
}

// The same attempts succeed in a child that nobody confined: the test above can fail.
func TestUnconfinedChildCanDoAll(t *testing.T) {
	r := run(t, folder(t), func() {})
	for _, name := range []string{"tcp", "unix", "read other", "list other", "write", "create", "truncate", "remove", "start before settling", "change the mode before settling"} {
		if r.Errors[name] != "" {
			t.Errorf("%s: %s", name, r.Errors[name])
		}
	}
}

// What a thread gave up, the rest of the process keeps.
func TestConfineLeavesOtherThreadsAlone(t *testing.T) {
	in := folder(t)
	run(t, in, func() { Confine(plan(in)) })
	var all sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if err := socket(unix.AF_INET); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(filepath.Join(in, "other", "a"), nil, 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestDevicesKeepFilesOpen(t *testing.T) {
	in := folder(t)
	p := plan(in)
	p.Devices = true
	var confined []Protection
	r := run(t, in, func() { confined = Confine(p) })
	if r.Errors["write"] != "" || r.Errors["tcp"] == "" {
		t.Errorf("%v", r.Errors)
	}
	if holding, lacking := Describe(confined); !strings.Contains(lacking, NoWriting) || !strings.Contains(holding, NoNetwork) {
		t.Errorf("holding %s, lacking %s", holding, lacking)
	}
}

func TestResident(t *testing.T) {
	before, err := Resident(os.Getpid())
	if err != nil || before <= 0 {
		t.Fatalf("%d, %v", before, err)
	}
	const size = 64 << 20
	// The system's own: Go's may be memory that it holds already, from what is garbage by now.
	block, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(block)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	after, err := Resident(os.Getpid())
	if err != nil || after-before < size/2 {
		t.Errorf("%d bytes before, %d after taking %d: %v", before, after, size, err)
	}
	if _, err := Resident(1 << 30); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("err = %v", err)
	}
}
