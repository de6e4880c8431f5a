package container

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

func declare(data string) frames.Declared {
	return Declare(strings.NewReader(data), int64(len(data)))
}

func be16(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
func be32(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
func le32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// box is one of BMFF's and JUMBF's.
func box(kind string, body ...string) string {
	content := strings.Join(body, "")
	return be32(8+len(content)) + kind + content
}

func jpegSegment(marker byte, body string) string {
	return string([]byte{0xff, marker}) + be16(2+len(body)) + body
}

// jpegFile is no picture, but has a size and an end.
func jpegFile(segments ...string) string {
	frame := jpegSegment(0xc0, "\x08"+be16(48)+be16(64)+"\x01\x01\x11\x00")
	return "\xff\xd8" + strings.Join(segments, "") + frame + jpegSegment(0xda, "\x01\x01\x00\x00\x3f\x00") + "\xff\xd9"
}

func pngChunk(kind, body string) string { return be32(len(body)) + kind + body + "sums" }

func pngFile(chunks ...string) string {
	return "\x89PNG\r\n\x1a\n" + pngChunk("IHDR", be32(64)+be32(48)+"\x08\x02\x00\x00\x00") + strings.Join(chunks, "") + pngChunk("IEND", "")
}

func riffChunk(kind, body string) string {
	return kind + le32(len(body)) + body + strings.Repeat("\x00", len(body)%2)
}

func webpFile(chunks ...string) string {
	content := "WEBP" + riffChunk("VP8X", "\x00\x00\x00\x00\x3f\x00\x00\x2f\x00\x00") + strings.Join(chunks, "")
	return "RIFF" + le32(len(content)) + content
}

// film is a BMFF file with a video track.
func film(inMovie string, boxes ...string) string {
	handler := box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00vide", strings.Repeat("\x00", 12), "Camera Handler\x00")
	movie := box("moov", box("mvhd", be32(0), be32(2082844800+1700000000), strings.Repeat("\x00", 92)), box("trak", box("mdia", handler)), inMovie)
	return box("ftyp", "isom\x00\x00\x00\x00") + strings.Join(boxes, "") + movie
}

// store is a C2PA manifest store that claims a generator and the source types.
func store(generator string, sources ...string) string {
	text := "\x6fclaim_generator\x78" + string([]byte{byte(len(generator))}) + generator
	for _, s := range sources {
		address := "http://cv.iptc.org/newscodes/digitalsourcetype/" + s
		text += "\x71digitalSourceType\x78" + string([]byte{byte(len(address))}) + address + "ras the next key begins with a letter"
	}
	text += `{"Iptc4xmpExt:DigitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}`
	description := box("jumd", "c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03c2pa\x00")
	return box("jumb", description, box("cbor", text))
}

// app11Segments are a box cut into pieces.
func app11Segments(store string, piece int) (segments []string) {
	header, content := store[:8], store[8:]
	for i := 1; len(content) > 0; i++ {
		n := min(piece, len(content))
		segments = append(segments, jpegSegment(0xeb, "JP"+be16(7)+be32(i)+header+content[:n]))
		content = content[n:]
	}
	return segments
}

const packet = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description xmlns:a="http://ns.adobe.com/xap/1.0/" xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:m="http://ns.adobe.com/xap/1.0/mm/" xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" a:CreatorTool="Tool A 1.0">
<i:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia</i:DigitalSourceType>
<m:History><r:Seq><r:li e:action="saved" e:softwareAgent="Tool B 2.0"/><r:li r:parseType="Resource"><e:softwareAgent>Tool C</e:softwareAgent></r:li></r:Seq></m:History>
<a:CreateDate>2024-05-17T10:11:12Z</a:CreateDate></r:Description></r:RDF></x:xmpmeta>`

// exifBlock is a TIFF structure with texts in its first directory and a time in EXIF's.
func exifBlock(order binary.AppendByteOrder, magic string) string {
	texts := []struct {
		tag  uint16
		text string
	}{{tagMaker, "Acme\x00"}, {tagModel, "Acme Eye 3\x00"}, {tagSoftware, "Tool\x00"}, {tagTaken, "2024:05:17 10:11:12\x00"}}
	u16 := func(n int) string { return string(order.AppendUint16(nil, uint16(n))) }
	u32 := func(n int) string { return string(order.AppendUint32(nil, uint32(n))) }
	const first, second = 8, 8 + 2 + 4*12 + 4
	data := second + 2 + 12 + 4
	var entries []string
	var values string
	for _, t := range texts {
		value := u32(data + len(values))
		if len(t.text) > 4 {
			values += t.text
		}
		entries = append(entries, u16(int(t.tag))+u16(2)+u32(len(t.text))+value)
	}
	pointer := u16(tagEXIF) + u16(4) + u32(1) + u32(second)
	return magic + u32(first) + u16(4) + strings.Join(entries[:3], "") + pointer + u32(0) + u16(1) + entries[3] + u32(0) + values
}

func TestDeclare(t *testing.T) {
	little := exifBlock(binary.LittleEndian, "II*\x00")
	big := exifBlock(binary.BigEndian, "MM\x00*")
	camera := frames.Declared{C2PA: frames.Absent, Software: []string{"Tool"}, Device: "Acme Eye 3", Created: "2024-05-17T10:11:12"}
	edited := frames.Declared{
		C2PA: frames.Absent, SourceType: "compositeWithTrainedAlgorithmicMedia",
		Software: []string{"Tool A 1.0", "Tool B 2.0", "Tool C"}, Created: "2024-05-17T10:11:12Z",
	}
	signed := frames.Declared{C2PA: frames.Present, SourceType: "trainedAlgorithmicMedia, digitalCapture, empty", Software: []string{"Maker/1"}}
	none := frames.Declared{C2PA: frames.Absent}
	manifest := store("Maker/1", "trainedAlgorithmicMedia", "digitalCapture", "trainedAlgorithmicMedia")
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write([]byte(packet))
	_ = w.Close()
	filmed := func(d frames.Declared, software ...string) frames.Declared {
		d.Software = append(d.Software[:len(d.Software):len(d.Software)], software...)
		if d.Created == "" {
			d.Created = "2023-11-14T22:13:20Z"
		}
		return d
	}
	keyed := box("keys", be32(0), be32(2), box("mdta", "com.acme.software"), box("mdta", "com.acme.model")) +
		box("ilst", box(be32(1), box("data", be32(1), be32(0), "17.1")), box(be32(2), box("data", be32(1), be32(0), "Phone 9")))

	entry := box("avc1", strings.Repeat("\x00", 42), "\x09Encoder 1", strings.Repeat("\x00", 26))
	described := func(handler string) string {
		return box("trak", box("mdia", box("hdlr", be32(0), be32(0), handler, strings.Repeat("\x00", 13)), box("minf", box("stbl", box("stsd", be32(0), be32(1), entry)))))
	}

	for name, c := range map[string]struct {
		data string
		want frames.Declared
	}{
		"text":                       {"Dear reader", frames.Declared{C2PA: frames.Unread}},
		"GIF":                        {"GIF89a;", frames.Declared{C2PA: frames.Unread}},
		"JPEG":                       {jpegFile(), none},
		"JPEG, EXIF":                 {jpegFile(jpegSegment(0xe1, exifMark+little)), camera},
		"JPEG, XMP":                  {jpegFile(jpegSegment(0xe1, xmpMark+packet)), edited},
		"JPEG, C2PA":                 {jpegFile(app11Segments(manifest, 1<<15)...), signed},
		"JPEG, C2PA in small pieces": {jpegFile(app11Segments(manifest, 40)...), signed},
		"JPEG, another JUMBF box":    {jpegFile(app11Segments(strings.ReplaceAll(manifest, "c2pa\x00\x11", "blob\x00\x11"), 99)...), none},
		"JPEG, C2PA after the end":   {jpegFile() + app11Segments(manifest, 1<<15)[0], none},
		"PNG":                        {pngFile(), none},
		"PNG, EXIF":                  {pngFile(pngChunk("eXIf", big)), camera},
		"PNG, XMP":                   {pngFile(pngChunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+packet)), edited},
		"PNG, packed XMP":            {pngFile(pngChunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00en\x00\x00"+packed.String())), edited},
		"PNG, C2PA":                  {pngFile(pngChunk("caBX", manifest)), signed},
		"PNG, texts": {
			pngFile(pngChunk("tEXt", "Software\x00Tool"), pngChunk("tEXt", "parameters\x00a cat, Steps: 20"), pngChunk("tEXt", "Comment\x00x")),
			frames.Declared{C2PA: frames.Absent, Software: []string{"Tool", `text chunk "parameters", as image generators write it`}},
		},
		"WebP":       {webpFile(), none},
		"WebP, EXIF": {webpFile(riffChunk("EXIF", exifMark+big)), camera},
		"WebP, XMP":  {webpFile(riffChunk("XMP ", packet)), edited},
		"WebP, C2PA": {webpFile(riffChunk("C2PA", manifest)), signed},
		"AVI": {
			"RIFF\x00\x00\x00\x00AVI " + riffChunk("LIST", "hdrlstrhvids") + riffChunk("LIST", "INFO"+riffChunk("ISFT", "Muxer 1\x00")),
			frames.Declared{C2PA: frames.Absent, Software: []string{"Muxer 1"}},
		},
		"MP4":       {film(""), filmed(none, "Camera Handler")},
		"MP4, XMP":  {film("", box("uuid", uuidXMP, packet)), filmed(edited, "Camera Handler")},
		"MP4, C2PA": {film("", box("uuid", uuidC2PA, be32(0), "manifest\x00", be32(0), be32(0), manifest)), filmed(signed, "Camera Handler")},
		"MP4, C2PA's tree of digests alone": {
			film("", box("uuid", uuidC2PA, be32(0), "merkle\x00", be32(0), be32(0), manifest)), filmed(none, "Camera Handler"),
		},
		"MP4, iTunes tags": {
			film(box("udta", box("meta", be32(0), box("hdlr", strings.Repeat("\x00", 25)), box("ilst", box("\xa9too", box("data", be32(1), be32(0), "Muxer 60")))))),
			filmed(none, "Camera Handler", "Muxer 60"),
		},
		"MP4, compressor":          {film(described("vide")), filmed(none, "Camera Handler", "Encoder 1")},
		"MP4, the same of a sound": {film(described("soun")), filmed(none, "Camera Handler")},
		"MOV, user data": {
			film(box("udta", box("\xa9swr", be16(4), "\x15\xc7", "10.1"), box("\xa9mak", be16(4), be16(0), "Acme"), box("\xa9mod", be16(3), be16(0), "Eye"))),
			func() frames.Declared { d := filmed(none, "Camera Handler", "10.1"); d.Device = "Acme Eye"; return d }(),
		},
		"MOV, keys": {
			film(box("meta", box("keys", be32(0), be32(1), box("mdta", "another.list"))) + box("meta", box("hdlr", strings.Repeat("\x00", 25)), keyed)),
			func() frames.Declared { d := filmed(none, "Camera Handler", "17.1"); d.Device = "Phone 9"; return d }(),
		},
	} {
		if got := declare(c.data); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, c.want)
		}
	}
}

func TestDeclareMatroska(t *testing.T) {
	element := func(id string, body ...string) string {
		content := strings.Join(body, "")
		return id + be32(len(content)|0x10000000) + content
	}
	info := element("\x15\x49\xa9\x66", element("\x4d\x80", "Muxer 1"), element("\x57\x41", "Writer 2\x00"), element("\x44\x61", string(binary.BigEndian.AppendUint64(nil, 700_000_000e9))))
	tags := element("\x12\x54\xc3\x67", element("\x73\x73", element("\x67\xc8", element("\x45\xa3", "ENCODER"), element("\x44\x87", "Codec 3"))))
	file := element("\x1a\x45\xdf\xa3", element("\x42\x82", "webm")) + element("\x18\x53\x80\x67", info, tags, element("\x1f\x43\xb6\x75", info))
	want := frames.Declared{C2PA: frames.Unread, Software: []string{"Muxer 1", "Writer 2", "Codec 3"}, Created: "2023-03-08T20:26:40Z"}
	if got := declare(file); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Texts from files are one printable line, whatever they hold, and there are few of them.
func TestDeclareCleans(t *testing.T) {
	for text, want := range map[string]string{
		"  two\nlines\t":            "two lines",
		"\x1b[31mred\x00":           "[31mred",
		"gpj\u202egnp":              "gpj gnp",
		"\xff\xfe":                  "",
		"é\u200bé":                  "é é",
		strings.Repeat("ab", 5000):  strings.Repeat("ab", 99) + "a…",
		"<script>alert(1)</script>": "<script>alert(1)</script>", // harmless until somebody takes text for HTML
	} {
		if got := clean(text); got != want {
			t.Errorf("%.20q: %q, want %q", text, got, want)
		}
	}
	for uri, want := range map[string]string{
		"http://cv.iptc.org/newscodes/DigitalSourceType/trainedAlgorithmicMedia": "trainedAlgorithmicMedia",
		"Ⱥ/digitalsourcetype/":                "", // grows when its letters are made small
		"\xff\xff\xff/digitalsourcetype/none": "none",
	} {
		var d declarations
		if d.source(uri); len(d.sources) > 1 || len(d.sources) == 1 && d.sources[0] != want || len(d.sources) == 0 && want != "" {
			t.Errorf("%q: source types %q, want %q", uri, d.sources, want)
		}
	}
	var segments []string
	for i := range 100 {
		segments = append(segments, pngChunk("tEXt", fmt.Sprintf("Software\x00Tool %d", i)))
	}
	if got := declare(pngFile(segments...)); len(got.Software) != mostSoftware {
		t.Errorf("%d programs", len(got.Software))
	}
}

// A file of repetitions is not read for ever.
func TestDeclareIsBounded(t *testing.T) {
	segment := jpegSegment(0xe1, xmpMark+strings.Repeat("<a>", 20000))
	file := &counted{Reader: strings.NewReader(jpegFile(strings.Repeat(segment, 2000)))}
	if Declare(file, file.Size()); file.read > 2*mostTaken {
		t.Errorf("%d bytes read of %d", file.read, file.Size())
	}
}

type counted struct {
	*strings.Reader
	read int
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	c.read += len(b)
	return c.Reader.ReadAt(b, at)
}

func FuzzDeclare(f *testing.F) {
	manifest := store("Maker/1", "digitalCapture")
	f.Add([]byte(jpegFile(append(app11Segments(manifest, 40), jpegSegment(0xe1, exifMark+exifBlock(binary.LittleEndian, "II*\x00")), jpegSegment(0xe1, xmpMark+packet))...)))
	f.Add([]byte(pngFile(pngChunk("caBX", manifest), pngChunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00en\x00\x00x"))))
	f.Add([]byte(webpFile(riffChunk("C2PA", manifest))))
	f.Add([]byte(film(box("udta", box("\xa9swr", be16(4), "\x15\xc7", "10.1")), box("uuid", uuidC2PA, be32(0), "manifest\x00", be32(0), be32(0), manifest))))
	f.Add([]byte("\x1a\x45\xdf\xa3\x84\x42\x82\x81w\x18\x53\x80\x67\x88\x15\x49\xa9\x66\x83\x4d\x80\x80"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := Declare(bytes.NewReader(data), int64(len(data)))
		if len(d.Software) > mostSoftware || d.C2PA == "" {
			t.Fatalf("%+v", d)
		}
		for _, text := range append([]string{d.SourceType, d.Device, d.Created}, d.Software...) {
			if len([]rune(text)) > mostSoftware*(mostText+2) || strings.ContainsAny(text, "\x00\n\x1b\u202e") {
				t.Fatalf("%q", text)
			}
		}
	})
}
