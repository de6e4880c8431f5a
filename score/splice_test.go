package score

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames/track"
)

// reel is the best-seen track of a recorded clip, played to and fro at five faces a second.
type reel struct {
	label recordedLabel
	faces []faceRecord
}

func (r reel) at(i int) faceRecord {
	n := len(r.faces)
	k := i % (2 * (n - 1))
	return r.faces[min(k, 2*(n-1)-k)]
}

// reels are those of the recorded results that have enough faces, by name.
func reels(t *testing.T) map[string]reel {
	t.Helper()
	results := readResults(t)
	labels := readRecordedLabels(t, *recordedLabels)
	all := map[string]reel{}
	for _, r := range results {
		rec := recorded(r)
		byTrack := make([][]faceRecord, len(r.Tracks)+1)
		best := 0
		for _, f := range rec.faces {
			if f.counts() && f.track > 0 {
				byTrack[f.track] = append(byTrack[f.track], f)
				if len(byTrack[f.track]) > len(byTrack[best]) {
					best = int(f.track)
				}
			}
		}
		name := filepath.Base(r.Input.Path)
		if label, known := labels[name]; known && len(byTrack[best]) >= 8 {
			all[name] = reel{label, byTrack[best]}
		}
	}
	return all
}

// splice makes a clip of so many samples: cast says which face of whom is seen at each.
func splice(samples int, cast ...func(i int) (faceRecord, int)) *record {
	r := &record{}
	numbers := map[int]int{} // of the tracks, by who it is
	for i := range samples {
		for _, role := range cast {
			face, who := role(i)
			if numbers[who] == 0 {
				numbers[who] = len(numbers) + 1
				r.tracks = append(r.tracks, track.Summary{ID: numbers[who], MeanScore: 1})
			}
			face.track = int32(numbers[who])
			r.tracks[face.track-1].Hits++
			r.faces = append(r.faces, face)
		}
		r.frames = append(r.frames, frameRecord{pts: time.Duration(i) * time.Second / 5, index: i, end: len(r.faces)})
	}
	return r
}

// TestSpliced prints figures of clips put together from recorded tracks: what testdata/compose makes of pictures, made of
// logits, which costs nothing and spares encoding.
func TestSpliced(t *testing.T) {
	all := reels(t)
	kinds := map[string]*tally{"whole": {}, "take": {}, "montage": {}, "mosaic": {}}
	var genuine []reel
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if one := all[name]; !one.label.fake {
			genuine = append(genuine, one)
		}
	}
	if len(genuine) < 10 {
		t.Fatalf("a montage is made of ten genuine tracks, the results hold %d", len(genuine))
	}
	random := rand.New(rand.NewPCG(1, 2))
	start := func() int { return 25 + random.IntN(240) } // of 300 samples, a minute
	const burst = 10                                     // samples, two seconds
	ms := func(sample int) int64 { return int64(sample) * 200 }

	for _, pair := range readTable(t, *recordedPairs) {
		own, other := all[pair["genuine"]], all[pair["fake"]]
		if own.faces == nil || other.faces == nil {
			continue
		}
		n := min(len(own.faces), len(other.faces), 60)
		own.faces, other.faces = own.faces[:n], other.faces[:n]
		for _, fake := range []bool{true, false} {
			from := start()
			kinds["take"].add(t, "", splice(300, func(i int) (faceRecord, int) {
				if fake && i >= from && i < from+burst {
					return other.at(i), 0
				}
				return own.at(i), 0
			}), recordedLabel{fake: fake, group: own.label.group, start: ms(from), end: ms(from + burst)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		guest := all[name]
		n := min(60, len(guest.faces))
		kinds["whole"].add(t, "", splice(n, func(i int) (faceRecord, int) { return guest.faces[i], 0 }), guest.label)
		for range max(16, 1440/len(all)) { // so many that chance in who stands beside whom tells little
			hosts := slices.Clone(genuine) // all, whoever the guest: to leave out its kin would tell fakes by their company
			random.Shuffle(len(hosts), func(i, k int) { hosts[i], hosts[k] = hosts[k], hosts[i] })
			from := start()
			cut := guest.label
			cut.start, cut.end = ms(from), ms(from+burst)
			kinds["montage"].add(t, "", splice(300, func(i int) (faceRecord, int) {
				if i >= from && i < from+burst {
					return guest.at(i - from), -1
				}
				return hosts[i/30].at(i), i / 30 // shots of six seconds
			}), cut)
			kinds["mosaic"].add(t, "", splice(50,
				func(i int) (faceRecord, int) { return guest.at(i), 0 },
				func(i int) (faceRecord, int) { return hosts[0].at(i), 1 },
				func(i int) (faceRecord, int) { return hosts[1].at(i), 2 },
			), guest.label)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%-8s %v", kind, kinds[kind])
	}
}
