package model

import (
	"fmt"
	"slices"
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

// String is the form that ParseProviders reads.
func (p Provider) String() string { return Providers{p}.String() }

// Providers are where copies of one network are asked to run side by side: one provider, or several GPUs.
type Providers []Provider

// ParseProviders reads auto, cpu, cuda, cuda:N, or several GPUs such as cuda:0,1.
func ParseProviders(s string) (Providers, error) {
	kind, gpus, numbered := strings.Cut(s, ":")
	switch k := ProviderKind(kind); {
	case numbered && k == CUDA:
		return parseGPUs(s, gpus)
	case !numbered && (k == Auto || k == CPU || k == CUDA):
		return Providers{{Kind: k}}, nil
	}
	return nil, fmt.Errorf("unknown device %q: use auto, cpu, cuda or cuda:N[,M...]", s)
}

func parseGPUs(s, gpus string) (Providers, error) {
	var p Providers
	for number := range strings.SplitSeq(gpus, ",") {
		n, err := strconv.ParseUint(number, 10, 7)
		if err != nil || number != strconv.FormatUint(n, 10) {
			return nil, fmt.Errorf("device %q: %q is not a GPU's number from 0 to 127: use auto, cpu, cuda or cuda:N[,M...]", s, number)
		}
		gpu := Provider{Kind: CUDA, Device: int(n)}
		if slices.Contains(p, gpu) {
			return nil, fmt.Errorf("device %q names GPU %d twice", s, n)
		}
		p = append(p, gpu)
	}
	return p, nil
}

// String is the form that ParseProviders reads.
func (p Providers) String() string {
	var gpus []string
	for _, one := range p {
		if one.Kind != CUDA {
			return string(one.Kind)
		}
		gpus = append(gpus, strconv.Itoa(one.Device))
	}
	return string(CUDA) + ":" + strings.Join(gpus, ",")
}

// Used says where a network really runs.
type Used struct {
	Provider Provider // never Auto
	Device   string   // the hardware's name
	Note     string   // with Auto: why it is not the faster provider, for people; otherwise empty
}
