package model

import (
	"context"
	"errors"
	"fmt"
)

// spread is a Runner of several that hold the same network, such as one on each GPU.
type spread struct {
	all  []Runner
	idle chan Runner
}

// Spread makes one Runner of several that hold the same network: a run goes to whichever is idle, so that as many are in
// progress as there are runners. They should be alike, or an answer depends on which of them gave it. Close closes them.
func Spread(runners ...Runner) Runner {
	if len(runners) == 1 {
		return runners[0]
	}
	s := &spread{all: runners, idle: make(chan Runner, len(runners))}
	for _, r := range runners {
		s.idle <- r
	}
	return s
}

// Run waits for a runner and runs the network on it.
func (s *spread) Run(ctx context.Context, input Tensor) ([]Tensor, error) {
	select {
	case r := <-s.idle:
		defer func() { s.idle <- r }()
		return r.Run(ctx, input)
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for an idle runner: %w", ctx.Err())
	}
}

// Close closes all runners.
func (s *spread) Close() error {
	var err error
	for _, r := range s.all {
		err = errors.Join(err, r.Close())
	}
	return err
}
