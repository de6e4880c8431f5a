package opencv

// #cgo CFLAGS: -O3
// #cgo LDFLAGS: -lm
// #include <math.h>
// #include <stdint.h>
// #include <string.h>
//
// enum { most_factor = 8, block = 64 };
//
// // shrink averages k x k pixels of three bytes, a block of pixels at a time: sums of k rows first, which a compiler does
// // many at a time, then of k columns. k * 255 fits into a sum of rows.
// static void shrink(uint8_t *dst, long dst_stride, const uint8_t *src, long src_stride, int width, int height, int k) {
//   uint8_t average[255 * most_factor * most_factor + 1]; // of every sum, rounded as OpenCV does
//   uint16_t sums[3 * most_factor * block];
//   const float share = 1.0f / (k * k);
//   for (int sum = 0; sum <= 255 * k * k; sum++) average[sum] = (uint8_t)lrintf(sum * share);
//   for (int y = 0; y < height; y++, dst += dst_stride, src += k * src_stride) {
//     for (int x = 0; x < width; x += block) {
//       const int pixels = width - x < block ? width - x : block, n = 3 * k * pixels;
//       memset(sums, 0, n * sizeof *sums);
//       for (int j = 0; j < k; j++) {
//         const uint8_t *restrict row = src + j * src_stride + 3L * k * x;
//         for (int i = 0; i < n; i++) sums[i] += row[i];
//       }
//       const uint16_t *s = sums;
//       uint8_t *out = dst + 3L * x;
//       for (int p = 0; p < pixels; p++, out += 3, s += 3 * k) {
//         unsigned b = 0, g = 0, r = 0;
//         for (int i = 0; i < 3 * k; i += 3) b += s[i], g += s[i + 1], r += s[i + 2];
//         out[0] = average[b], out[1] = average[g], out[2] = average[r];
//       }
//     }
//   }
// }
import "C"

import (
	"unsafe"

	"github.com/blendscope/blendscope/frames"
)

// Whole factors for which shrink replaces OpenCV's INTER_AREA: 1080p and 4K come to a detector's 640 pixels by 3 and 6.
// It gives the same bytes in a third of the time. OpenCV has a fast path of its own for 2.
const leastFactor, mostFactor = 3, C.most_factor

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
	bytes := func(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }
	C.shrink(bytes(dst.Pix), C.long(dst.Stride), bytes(src.Pix), C.long(src.Stride),
		C.int(src.Width/k), C.int(src.Height/k), C.int(k))
}
