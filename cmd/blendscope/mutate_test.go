//go:build cgo

package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// mutator damages media files in the ways that hostile or broken ones are damaged. The same seed gives the same damage.
type mutator struct {
	random *rand.Rand
	others [][]byte // whole files to splice from
}

// mutate applies one to three kinds of damage to a copy.
func (m *mutator) mutate(original []byte) []byte {
	data := bytes.Clone(original)
	kinds := []func([]byte) []byte{m.flip, m.flipHeader, m.truncate, m.fill, m.splice, m.join, m.lieOfSize, m.lieInside, m.moveBox, m.foreignBox}
	for range 1 + m.random.IntN(3) {
		data = kinds[m.random.IntN(len(kinds))](data)
	}
	if len(data) == 0 {
		return []byte{0} // an empty file is another case
	}
	return data
}

// at is a place in data, more often near the start: headers are where the surprises are.
func (m *mutator) at(data []byte) int {
	if m.random.IntN(2) == 0 {
		return m.random.IntN(max(1, min(len(data), 4096)))
	}
	return m.random.IntN(max(1, len(data)))
}

func (m *mutator) flip(data []byte) []byte {
	for range 1 + m.random.IntN(200) {
		if len(data) > 0 {
			data[m.at(data)] ^= 1 << m.random.IntN(8)
		}
	}
	return data
}

func (m *mutator) flipHeader(data []byte) []byte {
	head := data[:min(len(data), 512)]
	for range 1 + m.random.IntN(20) {
		if len(head) > 0 {
			head[m.random.IntN(len(head))] = byte(m.random.Uint32())
		}
	}
	return data
}

func (m *mutator) truncate(data []byte) []byte { return data[:m.at(data)] }

// fill makes a stretch zero, or all ones.
func (m *mutator) fill(data []byte) []byte {
	start := m.at(data)
	for i := start; i < min(len(data), start+1+m.random.IntN(8192)); i++ {
		data[i] = byte(-(start & 1))
	}
	return data
}

// splice puts a piece of another file into this one.
func (m *mutator) splice(data []byte) []byte {
	other := m.others[m.random.IntN(len(m.others))]
	from, to := m.at(other), m.at(data)
	piece := other[from:min(len(other), from+1+m.random.IntN(16384))]
	return bytes.Join([][]byte{data[:to], piece, data[to:]}, nil)
}

// join puts a whole file after or before this one.
func (m *mutator) join(data []byte) []byte {
	other := m.others[m.random.IntN(len(m.others))]
	if m.random.IntN(2) == 0 {
		return append(bytes.Clone(other), data...)
	}
	return append(data, other...)
}

// box is one of an MP4 file's, anywhere in its tree.
type box struct{ start, size int }

// boxes finds what looks like the boxes of an MP4 file, by their names. Other formats have none.
func boxes(data []byte) []box {
	var found []box
	for _, name := range []string{
		"ftyp", "moov", "mvhd", "trak", "tkhd", "edts", "elst", "mdia", "mdhd", "hdlr", "minf", "dinf", "stbl",
		"stsd", "avc1", "avcC", "stts", "ctts", "stss", "stsc", "stsz", "stco", "co64", "mdat", "udta", "meta", "free",
	} {
		for from := 0; ; {
			i := bytes.Index(data[from:], []byte(name))
			if i < 0 {
				break
			}
			start := from + i - 4
			from += i + 4
			if start < 0 {
				continue
			}
			if size := int(binary.BigEndian.Uint32(data[start:])); size >= 8 && start+size <= len(data) {
				found = append(found, box{start, size})
			}
		}
	}
	return found
}

func (m *mutator) anyBox(data []byte) (box, bool) {
	all := boxes(data)
	if len(all) == 0 {
		return box{}, false
	}
	return all[m.random.IntN(len(all))], true
}

// extremes are numbers that break arithmetic.
func (m *mutator) extreme() uint32 {
	values := []uint32{0, 1, 7, 8, 9, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, m.random.Uint32(), m.random.Uint32() >> 16}
	return values[m.random.IntN(len(values))]
}

// lieOfSize lets a box claim another size; in other formats it writes an extreme number somewhere.
func (m *mutator) lieOfSize(data []byte) []byte {
	at := m.at(data)
	if b, ok := m.anyBox(data); ok {
		at = b.start
	}
	if at+4 <= len(data) {
		binary.BigEndian.PutUint32(data[at:], m.extreme())
	}
	return data
}

// lieInside puts extreme numbers into a box: pictures of 65535 lines, billions of samples, offsets beyond the end.
func (m *mutator) lieInside(data []byte) []byte {
	b, ok := m.anyBox(data)
	for range 1 + m.random.IntN(4) {
		at := m.at(data)
		if ok {
			at = b.start + 8 + m.random.IntN(max(1, min(b.size-8, 128)))
		}
		if at+4 <= len(data) {
			binary.BigEndian.PutUint32(data[at:], m.extreme())
		}
	}
	return data
}

// moveBox takes a box out and puts it elsewhere, or drops or doubles it.
func (m *mutator) moveBox(data []byte) []byte {
	b, ok := m.anyBox(data)
	if !ok {
		return m.splice(data)
	}
	piece := bytes.Clone(data[b.start : b.start+b.size])
	rest := data
	if m.random.IntN(3) > 0 {
		rest = append(bytes.Clone(data[:b.start]), data[b.start+b.size:]...)
	}
	if m.random.IntN(3) == 0 {
		return rest
	}
	to := m.at(rest)
	if target, ok := m.anyBox(rest); ok {
		to = target.start
	}
	return bytes.Join([][]byte{rest[:to], piece, rest[to:]}, nil)
}

// foreignBox replaces a box by one of another file.
func (m *mutator) foreignBox(data []byte) []byte {
	other := m.others[m.random.IntN(len(m.others))]
	mine, ok := m.anyBox(data)
	theirs, also := m.anyBox(other)
	if !ok || !also {
		return m.splice(data)
	}
	return bytes.Join([][]byte{data[:mine.start], other[theirs.start : theirs.start+theirs.size], data[mine.start+mine.size:]}, nil)
}
