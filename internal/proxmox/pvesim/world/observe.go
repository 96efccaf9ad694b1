package world

import (
	"fmt"
	"slices"
	"time"
)

// NodeIP is the address of a node.
func (s *World) NodeIP(name string) string {
	if n := s.FindNode(name); n != nil {
		return fmt.Sprintf("10.10.10.%d", 10+n.Index)
	}
	return ""
}

// ClusterName is what the cluster is called.
func (s *World) ClusterName() string {
	if s.Cfg.ClusterName == "" {
		return "pvesim"
	}
	return s.Cfg.ClusterName
}

// MemoryUsed is what running guests and everything else take of a node, in MiB.
func (s *World) MemoryUsed(n *Node) int {
	sum := n.UsedMiB
	for _, g := range s.Guests {
		if g.Node == n.Name && g.Run != nil {
			sum += g.Run.Conf.MemoryMiB()
		}
	}
	return min(sum, n.MemoryMiB)
}

// Observation is what the last broadcast said about a guest.
type Observation struct {
	At           time.Time
	Name, Status string
	Template     bool
}

// observe notes how guests look now; cluster/resources answers from these notes when it lags.
func (s *World) observe() {
	for _, g := range s.Guests {
		now := Observation{At: s.Line.Now(), Name: g.Name(), Status: g.Status(), Template: g.Template()}
		if n := len(g.seen); n > 0 {
			last := g.seen[n-1]
			if last.At = now.At; last == now {
				continue
			}
		}
		g.seen = append(g.seen, now)
	}
}

// LastSeen is how the last broadcast saw a guest; false when it came after the last one.
func (s *World) LastSeen(g *Guest) (Observation, bool) {
	if s.Cfg.ResourceLag == 0 {
		return Observation{Name: g.Name(), Status: g.Status(), Template: g.Template()}, true
	}
	horizon := s.Line.Now().Add(-s.Cfg.ResourceLag)
	for _, o := range slices.Backward(g.seen) {
		if !o.At.After(horizon) {
			return o, true
		}
	}
	return Observation{}, false
}

// Started is the moment a guest begins to run.
func (s *World) Started(g *Guest) {
	s.PID++
	delete(g.Conf, "lock")
	g.Run = &Process{Since: s.Line.Now(), PID: s.PID, State: "running", Conf: g.Conf.Clone(), Output: map[int]string{}}
	g.Image = g.Conf.Clone()
}
