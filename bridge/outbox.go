package bridge

import "context"

// Outbox holds what is to be said to WHMCS.
type Outbox interface {
	// Deliver sends what is due and says how many were delivered; what could not be stays due. WHMCS's cron hook rings it.
	Deliver(ctx context.Context) (delivered int, err error)
}

type deliveredData struct {
	Delivered int `json:"delivered" doc:"how many messages went out"`
}

func (s *Server) deliverOutbox(ctx context.Context, _ AddonCall) (deliveredData, error) {
	n, err := s.outbox.Deliver(ctx)
	return deliveredData{n}, err
}
