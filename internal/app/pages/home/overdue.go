package home

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// overdue adds the services without a new backup to the list of what needs a person.
func (p *page) overdue(ctx context.Context, h *web.Home) error {
	list, err := p.late(ctx)
	h.MoreLate = max(len(list)-lateShown, 0)
	for _, l := range list[:len(list)-h.MoreLate] {
		h.Attention = append(h.Attention, web.VM{
			ServiceID: l.ServiceID, Name: l.Name, Status: string(vm.Ready), Attention: p.reason(l), Since: l.Since, Part: "copies",
		})
	}
	return err
}

func (p *page) reason(l keeping.Late) string {
	if l.Last.IsZero() {
		return p.web.Text("late_no_backup")
	}
	days, unit := int(p.clock.Now().Sub(l.Last)/(24*time.Hour)), "days"
	if days == 1 {
		unit = "day"
	}
	return fmt.Sprintf(p.web.Text("late_backup"), days, unit)
}
