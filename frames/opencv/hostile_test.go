package opencv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
	"gocv.io/x/gocv"
)

// Playlists dressed up as media must open neither another file nor the network. Both walls are tested: the gate that
// looks at the content, and, behind it, FFmpeg under our environment, called as if the gate had let the file through.
func TestPlaylistsOpenNothing(t *testing.T) {
	address, connections := listen(t)
	canary, err := filepath.Abs(testdata("clips/portrait.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + address + "/x.ts"
	for name, content := range map[string]string{
		"file.m3u8":      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + canary + "\n#EXT-X-ENDLIST\n",
		"file.mp4":       "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + canary + "\n#EXT-X-ENDLIST\n",
		"network.m3u8":   "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + url + "\n#EXT-X-ENDLIST\n",
		"network.mp4":    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + url + "\n#EXT-X-ENDLIST\n",
		"concat.mp4":     "ffconcat version 1.0\nfile '" + filepath.Base(canary) + "'\n",
		"concat net.mp4": "ffconcat version 1.0\nfile '" + url + "'\n",
		"session.sdp":    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
	} {
		path := write(t, name, []byte(content))
		if err := os.Symlink(canary, filepath.Join(filepath.Dir(path), filepath.Base(canary))); err != nil {
			t.Fatal(err)
		}
		if err := openError(path); err == nil {
			t.Errorf("%s passes the gate", name)
		}
		if opensWithFFmpeg(path) {
			t.Errorf("%s: FFmpeg followed it", name)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// Without our environment the same playlists do reach the other file and the network: the test above can fail.
func TestPlaylistsAreDangerous(t *testing.T) {
	address, connections := listen(t)
	t.Setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file,http,tcp,crypto,data")
	canary, err := filepath.Abs(testdata("clips/portrait.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	concat := write(t, "concat.mp4", []byte("ffconcat version 1.0\nfile 'portrait.mp4'\n"))
	if err := os.Symlink(canary, filepath.Join(filepath.Dir(concat), "portrait.mp4")); err != nil {
		t.Fatal(err)
	}
	if !opensWithFFmpeg(concat) {
		t.Error("an unrestricted FFmpeg does not follow the concatenation script")
	}
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://" + address + "/x.ts\n#EXT-X-ENDLIST\n"
	if opensWithFFmpeg(write(t, "network.m3u8", []byte(playlist))); connections.Load() == 0 {
		t.Error("an unrestricted FFmpeg does not follow the playlist")
	}
}

// opensWithFFmpeg goes past the gate. NewOpener has set the environment, unless a test has changed it.
func opensWithFFmpeg(path string) bool {
	capture, err := gocv.VideoCaptureFileWithAPI(path, gocv.VideoCaptureFFmpeg)
	_ = capture.Close() // not nil even when the file could not be opened
	return err == nil
}

// listen counts the connections to a local port and hangs up on each.
func listen(t *testing.T) (address string, connections *atomic.Int32) {
	t.Helper()
	NewOpener()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int32)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = connection.Close()
		}
	}()
	return listener.Addr().String(), connections
}

// The child process below decodes a list of files; what it prints and how it ends is what is tested. Native code may end
// a process, which must not end the tests.
const childFiles = "BLENDSCOPE_TEST_DECODE"

func TestMain(m *testing.M) {
	if list, ok := os.LookupEnv(childFiles); ok {
		for _, path := range filepath.SplitList(list) {
			decodeAll(path)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func decodeAll(path string) {
	source, err := NewOpener().Open(context.Background(), path, frames.Sampling{})
	if err != nil {
		return
	}
	defer source.Close()
	for range 1000 {
		frame, err := source.Next(context.Background())
		if err != nil {
			return
		}
		frame.Release()
	}
}

// decodeInChild returns what the child printed, in both streams, and how it ended.
func decodeInChild(t *testing.T, paths ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), childFiles+"="+strings.Join(paths, string(filepath.ListSeparator)))
	out, err := child.CombinedOutput()
	return string(out), err
}

// Damaged files make FFmpeg and the image libraries talk; nothing of it may reach our own output.
func TestSilence(t *testing.T) {
	clip, photo := read(t, testdata("clips/portrait.mp4")), read(t, testdata("photos/portrait.jpg"))
	damaged := append([]byte(nil), clip...)
	clear(damaged[len(damaged)/2 : len(damaged)*6/10])
	png := encodePNG(t, corners())
	damagedPNG := append([]byte(nil), png...)
	damagedPNG[len(png)/2] ^= 1
	out, err := decodeInChild(t,
		write(t, "cut.png", png[:len(png)-4]),
		write(t, "damaged.png", damagedPNG),
		write(t, "damaged.mp4", damaged),
		write(t, "no media data.mp4", clip[:5000]),
		write(t, "raw.avi", rawAVI(0, 0)),
		write(t, "text.mp4", []byte("text")),
		write(t, "cut.jpg", photo[:len(photo)/2]),
		testdata("clips/truncated.mp4"))
	if err != nil || out != "" {
		t.Errorf("%v: %q", err, out)
	}
}

// Randomly changed files must not crash, hang or exhaust the decoder.
func TestMutatedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var paths []string
	folder := t.TempDir()
	for _, name := range []string{"clips/rotated.mp4", "clips/vfr.mp4", "photos/portrait.jpg", "photos/orientation6.jpg"} {
		original := read(t, testdata(name))
		for i := range 10 {
			path := filepath.Join(folder, fmt.Sprintf("%d-%s", i, filepath.Base(name)))
			if err := os.WriteFile(path, mutate(original, random), 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	out, err := decodeInChild(t, paths...)
	t.Logf("%.500s", out)
	if err != nil {
		t.Errorf("%v: %.2000s", err, out)
	}
}

func mutate(original []byte, random *rand.Rand) []byte {
	data := append([]byte(nil), original...)
	for range 1 + random.IntN(30) {
		start := random.IntN(len(data))
		if random.IntN(2) == 0 {
			start = random.IntN(min(len(data), 4096)) // headers are where the surprises are
		}
		for i := start; i < min(len(data), start+1+random.IntN(8)); i++ {
			data[i] = byte(random.Uint32())
		}
	}
	return data
}
