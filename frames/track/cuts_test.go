package track

import (
	"math"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

// scene draws a smooth picture: waves of a colour, seen through a camera at (x, y).
func scene(kind int, x, y, light float64) frames.Image {
	const scale = 4 // of a picture of 640 x 360, to be quick
	m := frames.NewImage(640/scale, 360/scale)
	tint := [][3]float64{{1, .8, .6}, {.5, .7, 1}, {.7, 1, .5}}[kind]
	for j := range m.Height {
		for i := range m.Width {
			u, v := (float64(scale*i)+x)/float64(60+40*kind), (float64(scale*j)+y)/float64(90-20*kind)
			base := light * (130 + 60*math.Sin(u+float64(kind)) + 50*math.Cos(v+2*float64(kind)))
			for c := range 3 {
				m.Pix[j*m.Stride+3*i+c] = byte(max(0, min(255, base*tint[c])))
			}
		}
	}
	return m
}

func TestCuts(t *testing.T) {
	tests := []struct {
		name string
		next func(i int) frames.Image
		want []int // frames that start a shot
	}{
		{"still", func(int) frames.Image { return scene(0, 0, 0, 1) }, nil},
		{"slow pan", func(i int) frames.Image { return scene(0, float64(4*i), 0, 1) }, nil},
		{"fast pan", func(i int) frames.Image { return scene(0, float64(25*i), float64(6*i), 1) }, nil},
		{"fade", func(i int) frames.Image { return scene(0, 0, 0, 1-float64(i)/50) }, nil},
		{"cut", func(i int) frames.Image { return scene(i/20, float64(i), 0, 1) }, []int{20}},
		{"two cuts", func(i int) frames.Image { return scene(i/15, float64(i), 0, 1) }, []int{15, 30}},
		{"cut in a pan", func(i int) frames.Image { return scene(i/20, float64(10*i), 0, 1) }, []int{20}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var cuts Cuts
			var got []int
			for i := range 40 {
				if cuts.Next(test.next(i)) {
					got = append(got, i)
				}
			}
			if len(got) != len(test.want) {
				t.Fatalf("got cuts %v, want %v", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Fatalf("got cuts %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestCutsTakeAnySize(t *testing.T) {
	var cuts Cuts
	for _, size := range [][2]int{{1, 1}, {3, 2}, {0, 0}, {5000, 1}, {63, 35}} {
		cuts.Next(frames.NewImage(size[0], size[1]))
	}
	padded := scene(0, 0, 0, 1)
	padded.Pix = padded.Pix[:len(padded.Pix)-1] // a row may end with the buffer
	padded.Pix = append(padded.Pix, 0)
	cuts.Next(padded)
}

func BenchmarkCuts(b *testing.B) {
	m := frames.NewImage(1920, 1080)
	var cuts Cuts
	b.ReportAllocs()
	for b.Loop() {
		cuts.Next(m)
	}
}
