package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// webhook tells the operator's own address that a machine needs a person. It may arrive twice when an answer is lost.
type webhook struct {
	url  string
	http *http.Client
}

const webhookTimeout = 10 * time.Second

// send posts one message; without an address there is nobody to tell. Any 2xx answer is enough.
func (w webhook) send(ctx context.Context, serviceID int64, text string) error {
	if w.url == "" {
		return nil
	}
	body, err := json.Marshal(struct {
		ServiceID int64  `json:"service_id"`
		Text      string `json:"text"`
	}{serviceID, text})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.http.Do(req)
	if err != nil {
		return fmt.Errorf("tell the webhook: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("tell the webhook: it answered %s", resp.Status)
	}
	return nil
}
