package namebench

import (
	"context"
	"fmt"
	"strings"
)

const (
	machines = 100_000
	chunk    = 1000 // rows of one INSERT
)

// fill adds ready machines with an IPv4 and an IPv6 address each.
func (p Place) fill(ctx context.Context) error {
	for n := 1; n < machines; n += chunk {
		var hosting, records []string
		for id := n; id < n+chunk; id++ {
			domain := fmt.Sprintf("vps-%d-%d.example.net", id%5000+1, id)
			hosting = append(hosting, fmt.Sprintf("(%d, %d, '%s', '', '', '', '', '', '', '', '', '', '')", firstService+id, id%5000+1, domain))
			records = append(records, fmt.Sprintf(`(%d, 'ready', '{"10.%d.%d.%d":"%s","2001:0db8:0000:0000:0000:0000:%04x:%04x":"mail%d.example.org"}')`,
				firstService+id, id>>16, id>>8&255, id&255, domain, id>>16, id&0xffff, id))
		}
		for _, statement := range []string{
			`INSERT IGNORE INTO tblhosting (id, userid, domain, paymentmethod, billingcycle, username, password, notes, suspendreason, dedicatedip, assignedips, ns1, ns2)
				VALUES ` + strings.Join(hosting, ","),
			"INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_rev_dns) VALUES " + strings.Join(records, ","),
		} {
			if err := p.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}

const firstService = 1000
