package collect

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Templates of mails to the owner, by their unique names in WHMCS.
const (
	runningOutMail = "puqProxmoxKVM Traffic is running out" // 80 %
	usedUpMail     = "puqProxmoxKVM Traffic is used up"     // 100 %
)

// notice is what is told of an allowance.
type notice struct {
	policy traffic.Policy
	month  traffic.Month
	until  time.Time // end of the period, as WHMCS's clock shows it
}

// tell writes down what has to be told, and done, because of events.
func tell(u *traffic.Update, events []traffic.Event, n notice) {
	for _, e := range events {
		u.Entries = append(u.Entries, n.entry(e, u.ServiceID))
		switch e {
		case traffic.Notice80:
			u.Mails = append(u.Mails, n.mail(runningOutMail, u))
		case traffic.Notice100:
			u.Mails = append(u.Mails, n.mail(usedUpMail, u))
		case traffic.Throttle, traffic.Lift:
			u.Rate = true
		}
	}
}

// entry is an event as WHMCS's activity log gets it.
func (n notice) entry(e traffic.Event, serviceID int64) string {
	used := fmt.Sprintf("%s of %s GB", gigabytes(n.policy.Used(n.month.Volume)), gigabytes(n.policy.Limit))
	switch e {
	case traffic.Notice80:
		return fmt.Sprintf("Traffic: more than 80 %% is used, %s - Service ID: %d", used, serviceID)
	case traffic.Notice100:
		return fmt.Sprintf("Traffic: all of it is used, %s - Service ID: %d", used, serviceID)
	case traffic.Throttle:
		return fmt.Sprintf("Traffic: the network card is slowed down to %d MB/s until the next period - Service ID: %d", n.policy.Throttle, serviceID)
	case traffic.Lift:
		return fmt.Sprintf("Traffic: the network card has its own speed again - Service ID: %d", serviceID)
	}
	return fmt.Sprintf("Traffic: %s - Service ID: %d", e, serviceID)
}

// mail has the fields of both templates; traffic_rate is empty unless the network card is slowed down.
func (n notice) mail(template string, u *traffic.Update) traffic.Mail {
	rate := ""
	if u.Standing.Throttled {
		rate = strconv.Itoa(n.policy.Throttle)
	}
	return traffic.Mail{Template: template, Vars: map[string]string{
		"vm_id":         strconv.Itoa(u.VMID),
		"traffic_used":  gigabytes(n.policy.Used(n.month.Volume)),
		"traffic_limit": gigabytes(n.policy.Limit),
		"traffic_until": n.until.Format(time.DateOnly),
		"traffic_rate":  rate,
	}}
}

func gigabytes(bytes uint64) string {
	return strconv.FormatFloat(float64(bytes)/traffic.Gigabyte, 'f', 2, 64)
}
