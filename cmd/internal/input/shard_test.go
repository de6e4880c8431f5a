package input

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// paths are the items of a walk, by path.
func paths(t *testing.T, s Spec) []string {
	t.Helper()
	var got []string
	for item := range Walk(t.Context(), s) {
		got = append(got, item.Path)
	}
	return got
}

// Every item is in exactly one shard, errors and folders without media included, and the parts are about equal.
func TestShardsAreDisjointAndComplete(t *testing.T) {
	tree := []string{"empty/", "locked.txt", "d/none/x.txt"}
	for i := range 300 {
		tree = append(tree, fmt.Sprintf("d/%d/%d.mp4", i%7, i))
	}
	grow(t, tree...)
	all := paths(t, spec(Filter{}, "d", "empty", "gone.mp4", "locked.txt", "d/3"))
	for _, n := range []int{1, 2, 5} {
		var parts []string
		for i := 1; i <= n; i++ {
			s := spec(Filter{}, "d", "empty", "gone.mp4", "locked.txt", "d/3")
			s.Shard = Shard{i, n}
			part := paths(t, s)
			if len(part) < 200/n {
				t.Errorf("shard %d/%d has %d of %d", i, n, len(part), len(all))
			}
			parts = append(parts, part...)
		}
		slices.Sort(parts)
		if want := slices.Sorted(slices.Values(all)); !slices.Equal(parts, want) {
			t.Errorf("%d shards: %d items, want %d", n, len(parts), len(want))
		}
	}
}

// On another machine the folder has another name, and files were added: what a shard holds stays in it.
func TestShardsAreStable(t *testing.T) {
	half := Shard{1, 2}
	contents := func(root string, more ...string) string {
		tree := more
		for i := range 50 {
			tree = append(tree, fmt.Sprintf("%s/s/%d.mp4", root, i))
		}
		grow(t, tree...)
		s := spec(Filter{}, root)
		s.Shard = half
		return strings.ReplaceAll(strings.Join(paths(t, s), "\n"), root+"/", "")
	}
	here, there := contents("here"), contents("mnt/there", "mnt/there/s/0000.txt")
	if here != there || here == "" {
		t.Errorf("here:\n%s\nthere:\n%s", here, there)
	}
}

func TestShardFlag(t *testing.T) {
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/5": {2, 5}} {
		var s Shard
		if err := s.Set(text); err != nil || s != want || s.String() != text {
			t.Errorf("%s: %+v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "1", "0/3", "4/3", "-1/3", "1/0", "a/b", "1/2/3", "1/9999999999999"} {
		if s := (Shard{}); s.Set(text) == nil || s != (Shard{}) {
			t.Errorf("%q was accepted", text)
		}
	}
}
