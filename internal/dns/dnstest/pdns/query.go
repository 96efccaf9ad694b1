package pdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// answerTime is what a server on loopback gets for an answer.
const answerTime = 2 * time.Second

// Query asks server (host:port) over UDP, once, and returns the values of the answer: addresses, and names without the
// trailing dot. A name or set that is not there gives none.
func Query(ctx context.Context, server, name string, typ dnsmessage.Type) ([]string, error) {
	fqdn, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return nil, err
	}
	ask := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: fqdn, Type: typ, Class: dnsmessage.ClassINET}}}
	out, err := ask.Pack()
	if err != nil {
		return nil, err
	}
	in, err := exchange(ctx, server, out)
	if err != nil {
		return nil, err
	}
	var m dnsmessage.Message
	if err := m.Unpack(in); err != nil {
		return nil, err
	}
	if m.RCode != dnsmessage.RCodeSuccess && m.RCode != dnsmessage.RCodeNameError {
		return nil, fmt.Errorf("query %s: %s", name, m.RCode)
	}
	return values(m.Answers, typ), nil
}

func exchange(ctx context.Context, server string, out []byte) ([]byte, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return nil, err
		}
	}
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	in := make([]byte, 65535)
	n, err := conn.Read(in)
	return in[:n], err
}

func values(answers []dnsmessage.Resource, typ dnsmessage.Type) []string {
	var all []string
	for _, a := range answers {
		if a.Header.Type != typ {
			continue
		}
		switch b := a.Body.(type) {
		case *dnsmessage.AResource:
			all = append(all, netip.AddrFrom4(b.A).String())
		case *dnsmessage.AAAAResource:
			all = append(all, netip.AddrFrom16(b.AAAA).String())
		case *dnsmessage.PTRResource:
			all = append(all, strings.TrimSuffix(b.PTR.String(), "."))
		}
	}
	return all
}

// Watched is a name that must always have a value.
type Watched struct {
	Name string
	Type dnsmessage.Type
	// Value that must be among the answer; "" = any.
	Value string
}

// Sightings count queries.
type Sightings struct {
	Asked, Missing int
	Err            error // the first query that could not be made
}

// Watch asks server for every name in turn, rate queries a second in all, until the context ends.
func Watch(ctx context.Context, server string, rate int, names []Watched) Sightings {
	var (
		mu   sync.Mutex
		seen Sightings
		wg   sync.WaitGroup
	)
	t := time.NewTicker(time.Second / time.Duration(rate))
	defer t.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		w := names[i%len(names)]
		wg.Go(func() {
			got, err := Query(context.WithoutCancel(ctx), server, w.Name, w.Type)
			mu.Lock()
			defer mu.Unlock()
			seen.note(got, err, w)
		})
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	return seen
}

func (s *Sightings) note(got []string, err error, w Watched) {
	s.Asked++
	switch {
	case err != nil:
		s.Err = errors.Join(s.Err, err)
	case len(got) == 0, w.Value != "" && !holds(got, w.Value):
		s.Missing++
	}
}

func holds(list []string, v string) bool {
	for _, x := range list {
		if strings.EqualFold(x, v) {
			return true
		}
	}
	return false
}
