package hestia

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// zoneInfo is a zone in the list of zones.
type zoneInfo struct {
	Records, Suspended string
}

// zones of the owner, by the panel's spelling.
func (z *Zone) zones(ctx context.Context) (map[string]zoneInfo, error) {
	body, err := z.panel.list(ctx, "v-list-dns-domains", z.user, "json")
	if err != nil {
		return nil, err
	}
	all := map[string]zoneInfo{}
	err = objects(body, func(key string, info zoneInfo) error {
		all[key] = info
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the panel's list of zones cannot be read: %w", err)
	}
	return all, nil
}

// spelling of the zone at the panel, which keeps international names as they were entered.
func (z *Zone) spelling(all map[string]zoneInfo) (string, bool) {
	for key := range all {
		if plainName(key) == z.name {
			return key, true
		}
	}
	return "", false
}

func (z *Zone) list(ctx context.Context, key string) (view, error) {
	body, err := z.panel.list(ctx, "v-list-dns-records", z.user, key, "json")
	if err != nil {
		return nil, err
	}
	return readView(body, z.name)
}

// records lists the zone. When the panel does not know it, its list of zones decides: the zone may be spelt otherwise there, and
// only an answer without it proves that it is gone.
func (z *Zone) records(ctx context.Context) (string, view, error) {
	v, err := z.list(ctx, z.stored)
	if err == nil || codeOf(err) != missing {
		return z.stored, v, err
	}
	all, listed := z.zones(ctx)
	if listed != nil {
		return "", nil, listed
	}
	key, ok := z.spelling(all)
	if !ok {
		return "", nil, fmt.Errorf("%w: user %s of the panel has no zone %s", dns.ErrNoZone, z.user, z.name)
	}
	if v, err = z.list(ctx, key); err == nil {
		z.stored = key
	}
	return key, v, err
}

func (b *batch) refresh(ctx context.Context) error {
	v, err := b.list(ctx, b.key)
	if err == nil {
		b.view = v
	}
	return err
}
