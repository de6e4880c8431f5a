package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Provider is where a network is asked to run.
type Provider struct {
	Kind   ProviderKind
	Device int // CUDA device number, 0 otherwise
}

// ProviderKind is a family of hardware.
type ProviderKind string

// The kinds of provider.
const (
	Auto ProviderKind = "auto" // CUDA where it really works, else the CPU
	CPU  ProviderKind = "cpu"
	CUDA ProviderKind = "cuda"
)

// ParseProvider reads auto, cpu, cuda or cuda:N.
func ParseProvider(s string) (Provider, error) {
	kind, device, numbered := strings.Cut(s, ":")
	p := Provider{Kind: ProviderKind(kind)}
	switch {
	case !numbered && (p.Kind == Auto || p.Kind == CPU || p.Kind == CUDA):
		return p, nil
	case numbered && p.Kind == CUDA:
		n, err := strconv.ParseUint(device, 10, 7)
		if err == nil && device == strconv.FormatUint(n, 10) {
			p.Device = int(n)
			return p, nil
		}
	}
	return Provider{}, fmt.Errorf("unknown device %q: use auto, cpu, cuda or cuda:N", s)
}

// String is the form that ParseProvider reads.
func (p Provider) String() string {
	if p.Kind == CUDA {
		return fmt.Sprintf("cuda:%d", p.Device)
	}
	return string(p.Kind)
}

// Used says where a network really runs.
type Used struct {
	Provider Provider // never Auto
	Device   string   // the hardware's name
	Note     string   // with Auto: why it is not the faster provider, for people; otherwise empty
}
