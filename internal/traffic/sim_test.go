package traffic_test

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// tick is the step of the simulated world; Proxmox broadcasts that often.
const tick = 10 * time.Second

// shown is what a broadcast said.
type shown struct {
	node     string
	running  bool
	boot     time.Time
	counters traffic.Volume
	at       time.Time
}

// machine is a guest with its processes, its counters and Proxmox's averages of it.
type machine struct {
	rand    *rand.Rand
	now     time.Time
	truth   traffic.Volume
	base    float64 // bytes per second, on average
	rate    float64 // in this minute
	node    string
	running bool
	boot    time.Time // of the process that counts
	count   traffic.Volume
	next    *process // a migration's other side
	wait    time.Duration
	seen    [3]shown // newest first
	minutes []minute
	events  int
}

type process struct {
	boot time.Time
	in   time.Duration // until it takes over
}

// minute is a row of the finest averages; it ends at to.
type minute struct {
	to      time.Time
	in, out float64
	known   bool
	last    traffic.Volume // what the counter showed at its end
}

func newMachine(seed uint64, start time.Time) *machine {
	r := rand.New(rand.NewPCG(seed, 7))
	m := &machine{rand: r, now: start, node: "pve1", running: true, boot: start.Add(-time.Hour), base: math.Exp(r.Float64()*7) * 10_000}
	m.count = traffic.Volume{In: r.Uint64N(1 << 40), Out: r.Uint64N(1 << 40)}
	return m
}

// step lets one tick pass.
func (m *machine) step() {
	m.now = m.now.Add(tick)
	m.happen()
	if m.running {
		if m.now.Unix()%60 == 10 || m.rate == 0 {
			day := 1 + 0.8*math.Sin(float64(m.now.Unix()%86400)/86400*2*math.Pi)
			m.rate = m.base * day * math.Exp(m.rand.NormFloat64())
		}
		v := traffic.Volume{In: uint64(m.rate * tick.Seconds()), Out: uint64(m.rate * tick.Seconds() * 0.4)}
		m.truth, m.count = m.truth.Plus(v), m.count.Plus(v)
	}
	copy(m.seen[1:], m.seen[:2])
	m.seen[0] = shown{m.node, m.running, m.boot, m.count, m.now}
	if m.now.Unix()%60 == 0 {
		m.keep()
	}
}

// happen lets the guest be restarted, stopped, moved, or get another network card.
func (m *machine) happen() {
	const perDay = float64(24 * time.Hour / tick)
	switch p := m.rand.Float64() * perDay; {
	case m.next != nil:
		m.migrating()
	case m.wait > 0:
		m.starting()
	case p < 1./5: // restarted
		m.stop(time.Duration(m.rand.Int64N(int64(time.Minute))))
	case p < 1./5+1./15: // off for hours
		m.stop(time.Duration(m.rand.Int64N(int64(8 * time.Hour))))
	case p < 1./5+1./15+1./7:
		m.next = &process{m.now, time.Duration(m.rand.Int64N(int64(10 * time.Minute)))}
	case p < 1./5+1./15+1./7+1./20: // another card
		m.events++
		m.count = traffic.Volume{}
	}
}

func (m *machine) migrating() {
	if m.next.in -= tick; m.next.in > 0 {
		return
	}
	m.events++
	m.boot, m.count, m.next = m.next.boot, traffic.Volume{}, nil
	m.node = map[string]string{"pve1": "pve2", "pve2": "pve1"}[m.node]
}

func (m *machine) stop(d time.Duration) {
	m.events++
	m.running, m.wait, m.count = false, max(d, tick), traffic.Volume{}
}

func (m *machine) starting() {
	if m.wait -= tick; m.wait <= 0 {
		m.running, m.boot, m.wait = true, m.now, 0
	}
}

// keep writes a row: the growth of the counter, unknown where it shrank, as a derived data source does.
func (m *machine) keep() {
	row := minute{to: m.now, last: m.count}
	if n := len(m.minutes); n > 0 && m.count.In >= m.minutes[n-1].last.In && m.count.Out >= m.minutes[n-1].last.Out {
		row.known = true
		row.in, row.out = float64(m.count.In-m.minutes[n-1].last.In)/60, float64(m.count.Out-m.minutes[n-1].last.Out)/60
	}
	m.minutes = append(m.minutes, row)
}

// read is what the list of the cluster says now: something up to twenty seconds old.
func (m *machine) read() traffic.Reading {
	s := m.seen[m.rand.IntN(3)]
	r := traffic.Reading{Guest: traffic.Guest{Server: 1, VMID: 100}, Node: s.node, At: m.now}
	if s.running {
		r.Uptime, r.Volume = s.at.Sub(s.boot).Truncate(time.Second)+time.Second, s.counters
	}
	return r
}

// frame is how far back averages reach at which step.
type frame struct{ step, reach time.Duration }

// frames of releases (pve-behaviour §18), finest first.
func frames(release int) []frame {
	if release >= 9 {
		return []frame{{time.Minute, 24 * time.Hour}, {30 * time.Minute, 30 * 24 * time.Hour}}
	}
	return []frame{{time.Minute, 70 * time.Minute}, {30 * time.Minute, 35 * time.Hour}, {3 * time.Hour, 210 * time.Hour}, {12 * time.Hour, 840 * time.Hour}}
}

// averages answers as Proxmox does: the finest rows that reach back to since, unknown ones left out.
func (m *machine) averages(release int, since time.Time) []traffic.Average {
	for _, f := range frames(release) {
		if m.now.Sub(since) <= f.reach {
			return m.rows(f, since)
		}
	}
	return nil
}

func (m *machine) rows(f frame, since time.Time) (list []traffic.Average) {
	each := int(f.step / time.Minute)
	for i := len(m.minutes); i > 0; i-- {
		to := m.minutes[i-1].to
		if to.Truncate(f.step) != to {
			continue
		}
		if !to.After(since) {
			break
		}
		if a, known := mean(m.minutes[max(0, i-each):i]); known {
			a.Span = traffic.Span{From: to.Add(-f.step), To: to}
			list = append(list, a)
		}
	}
	return list
}

// mean of the rows that are known, if half of them are.
func mean(rows []minute) (a traffic.Average, known bool) {
	n := 0
	for _, r := range rows {
		if r.known {
			n++
			a.In, a.Out = a.In+r.in, a.Out+r.out
		}
	}
	if n == 0 || 2*n < len(rows) {
		return a, false
	}
	a.In, a.Out = a.In/float64(n), a.Out/float64(n)
	return a, true
}
