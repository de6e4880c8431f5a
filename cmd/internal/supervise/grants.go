package supervise

import (
	"path/filepath"
	"slices"
	"strings"
)

// mostGrants is how many files and folders a child is given to read before neighbours are joined.
const mostGrants = 16

// grants are the files and folders that children may read: those named beforehand, then the folders of all others that
// turn up. They are kept few: where there would be many, the folders around them stand for them. Paths are absolute and
// free of links.
type grants []string

// real is a path as the file system knows it. A file that is not there needs no grant, whatever its name.
func real(path string) (string, bool) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", false
	}
	absolute, err := filepath.Abs(resolved)
	return absolute, err == nil
}

func (g grants) covers(path string) bool {
	return slices.ContainsFunc(g, func(root string) bool { return within(path, root) })
}

func within(path, root string) bool {
	rest, below := strings.CutPrefix(path, root)
	return below && (rest == "" || rest[0] == filepath.Separator || strings.HasSuffix(root, string(filepath.Separator)))
}

// with is g and path.
func (g grants) with(path string) grants {
	if g.covers(path) {
		return g
	}
	out := append(slices.Clone(g), path)
	for len(out) > mostGrants {
		for i, root := range out {
			out[i] = filepath.Dir(root)
		}
		out = out.tidy()
	}
	return out.tidy()
}

// tidy leaves out what others cover.
func (g grants) tidy() grants {
	var out grants
	for i, root := range g {
		others := slices.Concat(g[:i], g[i+1:])
		if !slices.ContainsFunc(others, func(o string) bool { return o != root && within(root, o) }) && !slices.Contains(out, root) {
			out = append(out, root)
		}
	}
	return out
}
