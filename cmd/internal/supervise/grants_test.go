package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestGrantsCover(t *testing.T) {
	g := grants{"/a/b", "/c/clip.mp4"}
	for path, want := range map[string]bool{
		"/a/b": true, "/a/b/c/d.mp4": true, "/a/bc": false, "/a": false, "/c/clip.mp4": true, "/c/clip.mp4x": false, "/": false,
	} {
		if g.covers(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
	if !(grants{"/"}).covers("/x") {
		t.Error("the root does not cover all")
	}
	if grants(nil).covers("/x") {
		t.Error("nothing covers something")
	}
}

func TestGrantsStayFew(t *testing.T) {
	var g grants
	for i := range 1000 {
		g = g.with(fmt.Sprintf("/archive/%d/%d.mp4", i/10, i))
		if len(g) > mostGrants {
			t.Fatalf("%d grants", len(g))
		}
	}
	if !slices.Equal(g, grants{"/archive"}) {
		t.Errorf("%v", g)
	}
	g = grants{}.with("/a/b/c").with("/a/b").with("/a/b/d")
	if !slices.Equal(g, grants{"/a/b"}) {
		t.Errorf("%v", g)
	}
	for i := range 2 * mostGrants {
		g = g.with(fmt.Sprintf("/%d", i))
	}
	if !slices.Equal(g, grants{"/"}) {
		t.Errorf("%v", g)
	}
}

func TestRealFollowsLinks(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	target, link := filepath.Join(folder, "clip"), filepath.Join(folder, "link")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if got, ok := real(link); got != target || !ok {
		t.Errorf("%s, %t", got, ok)
	}
	if _, ok := real(filepath.Join(folder, "gone")); ok {
		t.Error("what is not there is real")
	}
}
