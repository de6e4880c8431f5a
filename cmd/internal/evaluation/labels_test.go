package evaluation

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadLabels(t *testing.T) {
	want := []Label{
		{2, "/r/a.mp4", false, "", "/r/a.mp4", nil},
		{3, "/r/b, c.mp4", true, "swap", "eve", nil},
		{4, "/abs/d.mp4", true, Unnamed, "/abs/d.mp4", nil},
	}
	for name, text := range map[string]string{
		"csv":       "path,label,method,group\na.mp4,real,phone,\n\"b, c.mp4\",fake,swap,eve\n/abs/d.mp4,1\n",
		"tsv":       "file\tlabel\tmethod\tgroup\r\na.mp4\tgenuine\t\t\r\nb, c.mp4\tFAKE\t swap \teve\r\n/abs/x/../d.mp4\tfake\r\n\t\t\t\r\n",
		"semicolon": "\xef\xbb\xbfGroup;PATH;note; Label ;method\n;a.mp4;x;0\neve;b, c.mp4;;1;swap\n;/abs/d.mp4;;fake\n",
	} {
		got, err := ReadLabels(strings.NewReader(text), "/r")
		if err != nil || !reflect.DeepEqual(got.Rows, want) {
			t.Errorf("%s: %+v, %v", name, got.Rows, err)
		}
	}
}

func TestStretches(t *testing.T) {
	got, err := ReadLabels(strings.NewReader("path,label,start_ms,end_ms\na,fake, 1500 ,3500\nb,fake,,\nc,real,7,8\n"), "")
	if err != nil || *got.Rows[0].Stretch != (Stretch{1500, 3500}) || got.Rows[1].Stretch != nil || got.Rows[2].Stretch != nil {
		t.Errorf("%+v, %v", got.Rows, err)
	}
}

// In a table with tabs a quotation mark is a part of the name.
func TestQuotationMarks(t *testing.T) {
	got, err := ReadLabels(strings.NewReader("path\tlabel\n\"why\".mp4\treal\n"), ".")
	if err != nil || got.Rows[0].Path != `"why".mp4` {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRepeatedLines(t *testing.T) {
	got, err := ReadLabels(strings.NewReader("path,label\na,real\n./a,genuine\nb,1\n"), "")
	if err != nil || got.Repeated != 1 || len(got.Rows) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBadLabels(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
		says       string
	}{
		{"empty", "", 0, "the file is empty"},
		{"blank", "\n \n", 0, "the file is empty"},
		{"header only", "path,label\n\n", 0, "no file is listed"},
		{"no header", "a.mp4,real\n", 1, `no column "path" and none "label"`},
		{"no label", "path,method\na,b\n", 1, `no column "label"`},
		{"column twice", "path,file,label\na,b,real\n", 1, `column "file" is there twice`},
		{"unknown label", "path,label\na,real\n\nb,perhaps\n", 4, `unknown label "perhaps"`},
		{"half a stretch", "path,label,start_ms,end_ms\na,fake,1000,\n", 2, `start_ms "1000" and end_ms ""`},
		{"end before start", "path,label,start_ms,end_ms\na,fake,1000,1000\n", 2, "the end after the start"},
		{"no number", "path,label,start_ms,end_ms\na,fake,1s,2s\n", 2, "use whole milliseconds"},
		{"other stretch", "path,label,start_ms,end_ms\na,fake,1,2\na,fake,1,3\n", 3, "another stretch"},
		{"label missing", "path\tlabel\na\n", 2, "the label is empty"},
		{"path missing", "path,label\na,real\n,fake\n", 3, "the path is empty"},
		{"other label", "path,label\na,real\nb,real\na,fake\n", 4, `"a" is on line 2 already, with another label`},
		{"other method", "path,label,method\na,fake,x\na,fake,y\n", 3, "another method"},
		{"other group", "path,label,group\na,fake,x\na,fake,y\n", 3, "another group"},
		{"too many fields", "path,label\na, b.mp4,real\n", 2, "3 fields, but the header has 2"},
		{"quotes", "path,label\n\"a,real\n", 2, "quote"},
		{"utf-16", "\xff\xfep\x00", 1, "UTF-16"},
		{"video", "\x00\x00\x00 ftypisom", 1, "not a table"},
		{"one long line", strings.Repeat("a", maxLine+1), 1, "not a table"},
		{"long line", "path\tlabel\n" + strings.Repeat("a", maxLine+1), 2, "too long"},
	} {
		_, err := ReadLabels(strings.NewReader(test.text), "")
		wrong := (*LabelError)(nil)
		if !errors.As(err, &wrong) || wrong.Line != test.line || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func FuzzReadLabels(f *testing.F) {
	for _, s := range []string{
		"path,label\na,real\n", "file\tlabel\tmethod\nx y\tfake\tswap\n", "\xef\xbb\xbfpath;label;group\n\"a;b\";0;g\n",
		"path,label\n\"a\nb\",1\n", "path,label\n\xff\xfe,1\n", "\xff\xfe", "path,label\r\n\r\n", "path,label\n\"", ",,,\n", "label\tpath\n1\t\x00\n",
		"path,label,start_ms,end_ms\na,fake,1000,3000\nb,1,-1,99999999999999999999\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		labels, err := ReadLabels(strings.NewReader(s), "/root")
		if err != nil {
			if wrong := (*LabelError)(nil); !errors.As(err, &wrong) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, l := range labels.Rows {
			if l.Stretch != nil && (!l.Fake || l.Stretch.StartMS < 0 || l.Stretch.EndMS <= l.Stretch.StartMS) {
				t.Fatalf("%+v", l.Stretch)
			}
			if !filepath.IsAbs(l.Path) || l.Group == "" || l.Fake == (l.Method == "") || seen[l.Path] || l.Line < 2 {
				t.Fatalf("%+v", l)
			}
			seen[l.Path] = true
		}
		if len(seen) == 0 {
			t.Fatal("neither labels nor an error")
		}
	})
}
