package store

import "fmt"

// wrap names the operation and the service, the cause stays last.
func wrap(err error, operation string, serviceID int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of service %d: %w", operation, serviceID, err)
}
