package pools

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
)

// log leaves an entry for WHMCS's activity log with the change that it tells.
func (b *Book) log(ctx context.Context, q *sqlx.Tx, by int64, what string) error {
	return outbox.PutActivity(ctx, q, 0, fmt.Sprintf("kvmbridge: admin %d %s", by, what), b.clock.Now())
}

// described is a pool in one line.
func described(f ippool.Form) string {
	return fmt.Sprintf("server %s, type %s, bridge %s, VLAN %s, range %s - %s, mask %s, gateway %s, DNS 1 %s, DNS 2 %s",
		f.Server, f.Type, f.Bridge, f.VLAN, f.Start, f.Stop, f.Mask, f.Gateway, orNone(f.DNS1), orNone(f.DNS2))
}

// differences lists the fields that change, with before and after.
func differences(before, after ippool.Form) []string {
	var list []string
	for _, field := range ippool.Fields() {
		if old, fresh := before.Get(field), after.Get(field); old != fresh {
			list = append(list, fmt.Sprintf("%s %s -> %s", field, orNone(old), orNone(fresh)))
		}
	}
	return list
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
