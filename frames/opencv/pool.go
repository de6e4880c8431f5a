package opencv

import (
	"sync"

	"gocv.io/x/gocv"
)

// idleMats is how many Mats a pool keeps for reuse: as many as a stage or two of a pipeline hold at once. A 1080p Mat
// takes 6 MB.
const idleMats = 8

// pool lends Mats, so that decoding does not allocate for every frame. Each Mat is either lent or idle, and is closed
// exactly once: by put when there are enough or the pool is closed, else by close. Safe for concurrent use.
type pool struct {
	mu     sync.Mutex
	idle   []gocv.Mat
	closed bool
}

func (p *pool) get() gocv.Mat {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		mat := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return mat
	}
	return gocv.NewMat()
}

func (p *pool) put(mat gocv.Mat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) == idleMats {
		_ = mat.Close()
		return
	}
	p.idle = append(p.idle, mat)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, mat := range p.idle {
		_ = mat.Close()
	}
	p.idle, p.closed = nil, true
}
