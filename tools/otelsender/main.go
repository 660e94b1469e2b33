// A program that sends its metrics as those of Multigres do: with autoexport, and nothing at all where no exporter is
// set. It sends once, says on standard output whether that went well, and ends.
package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/sdk/metric"
)

// How long one export may take: what gRPC waits for otherwise is longer than a test should.
const limit = 3 * time.Second

func main() {
	if err := send(); err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Println("sent")
}

func send() error {
	ctx := context.Background()
	none := func(context.Context) (metric.Reader, error) { return metric.NewManualReader(), nil }
	reader, err := autoexport.NewMetricReader(ctx, autoexport.WithFallbackMetricReader(none))
	if err != nil {
		return err
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	counter, err := provider.Meter("otelsender").Int64Counter("otelsender.sent")
	if err != nil {
		return err
	}
	counter.Add(ctx, 1)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return provider.ForceFlush(limited)
}
