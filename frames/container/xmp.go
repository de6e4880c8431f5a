package container

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// xmp takes what counts from an XMP packet (ISO 16684-1), which is RDF: a property is an attribute or an element, and the
// element may hold its text in a list. A damaged packet is read as far as it goes.
func (d *declarations) xmp(packet []byte) {
	if d.packets++; d.packets > mostPackets {
		return
	}
	decoder := xml.NewDecoder(bytes.NewReader(packet))
	decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, io.ErrUnexpectedEOF } // XMP is Unicode
	var property xml.Name
	for {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			for _, a := range t.Attr {
				d.property(a.Name, a.Value)
			}
			if t.Name.Space != rdf {
				property = t.Name
			}
		case xml.CharData:
			d.property(property, string(t))
		case xml.EndElement:
			if t.Name == property {
				property = xml.Name{}
			}
		}
	}
}

const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

func (d *declarations) property(name xml.Name, value string) {
	if strings.TrimSpace(value) == "" {
		return
	}
	switch name.Space + " " + name.Local {
	case "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ DigitalSourceType":
		d.source(value)
	case "http://ns.adobe.com/xap/1.0/ CreatorTool", "http://ns.adobe.com/tiff/1.0/ Software",
		"http://ns.adobe.com/xap/1.0/sType/ResourceEvent# softwareAgent":
		d.program(value)
	case "http://ns.adobe.com/tiff/1.0/ Make":
		first(&d.maker, value)
	case "http://ns.adobe.com/tiff/1.0/ Model":
		first(&d.model, value)
	case "http://ns.adobe.com/exif/1.0/ DateTimeOriginal", "http://ns.adobe.com/photoshop/1.0/ DateCreated":
		first(&d.taken, value)
	case "http://ns.adobe.com/xap/1.0/ CreateDate":
		first(&d.written, value)
	}
}
