package world

import (
	"context"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// WaitFor blocks a synchronous call until a guest's file lock is free, 10 s at most.
func (s *World) WaitFor(ctx context.Context, vmid int) error {
	deadline := s.Line.Now().Add(LockWait)
	for s.Line.Busy(LockName(vmid)) {
		left := deadline.Sub(s.Line.Now())
		if left <= 0 {
			return refusal.Fault("%s", LockTimeout(vmid))
		}
		if next, ok := s.Line.Next(); ok && next.Before(deadline) {
			left = next.Sub(s.Line.Now())
		}
		s.Sleep(ctx, max(left, time.Millisecond))
		if ctx.Err() != nil {
			return refusal.Fault("request aborted")
		}
	}
	return nil
}
