package opencv

// #cgo CFLAGS: -O3
// #include <stdint.h>
// #include <string.h>
//
// // shrink averages k x k pixels of three bytes: sums of k rows first, which a compiler does many at a time, then of k
// // columns. table[s] is the average of a sum s. sums has room for 3 * k * width numbers; k * 255 fits into each.
// static void shrink(uint8_t *dst, long dst_stride, const uint8_t *src, long src_stride, int width, int height, int k,
//                    const uint8_t *table, uint16_t *restrict sums) {
//   const int n = 3 * k * width;
//   for (int y = 0; y < height; y++, dst += dst_stride) {
//     memset(sums, 0, n * sizeof *sums);
//     for (int j = 0; j < k; j++, src += src_stride) {
//       const uint8_t *restrict row = src;
//       for (int i = 0; i < n; i++) sums[i] += row[i];
//     }
//     const uint16_t *s = sums;
//     for (uint8_t *out = dst; out < dst + 3 * width; out += 3, s += 3 * k) {
//       unsigned b = 0, g = 0, r = 0;
//       for (int i = 0; i < 3 * k; i += 3) b += s[i], g += s[i + 1], r += s[i + 2];
//       out[0] = table[b], out[1] = table[g], out[2] = table[r];
//     }
//   }
// }
import "C"

import (
	"math"
	"unsafe"

	"github.com/blendscope/blendscope/frames"
)

// Whole factors for which shrink replaces OpenCV's INTER_AREA: 1080p and 4K come to a detector's 640 pixels by 3 and 6.
// It gives the same bytes in a third of the time. OpenCV has a fast path of its own for 2.
const leastFactor, mostFactor = 3, 8

// wholeFactor is how many times smaller width x height is than src, or 0 where that is not a factor for shrink.
func wholeFactor(src frames.Image, width, height int) int {
	k := src.Width / width
	if k < leastFactor || k > mostFactor || k*width != src.Width || k*height != src.Height {
		return 0
	}
	return k
}

// shrink fills the top left of dst with src made k times smaller. It fits, and both pictures have the bytes they claim.
func shrink(dst, src frames.Image, k int) {
	width, height := src.Width/k, src.Height/k
	averages := make([]byte, 255*k*k+1) // of every sum
	share := 1 / float32(k*k)
	for sum := range averages {
		averages[sum] = byte(math.RoundToEven(float64(float32(sum) * share))) // as OpenCV rounds
	}
	sums := make([]uint16, 3*k*width)
	bytes := func(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }
	C.shrink(bytes(dst.Pix), C.long(dst.Stride), bytes(src.Pix), C.long(src.Stride), C.int(width), C.int(height),
		C.int(k), bytes(averages), (*C.uint16_t)(unsafe.Pointer(unsafe.SliceData(sums))))
}
