// Sends the same HTTPS POSTs over a few kept connections, as the API server does it, and prints what it saw as JSON.
//
// Closed loop (-rate 0): each connection sends the next request when it has the answer. Open loop (-rate N): requests
// are due at fixed times whatever the answers do, and a latency counts from the time at which its request was due, so
// that a stall is seen by every request that it delayed (no coordinated omission).
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"
)

type result struct {
	Requests  int     `json:"requests"`
	Errors    int     `json:"errors"`
	Patched   int     `json:"patched"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	// Milliseconds.
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	// The first thing that went wrong, in words.
	FirstError string `json:"firstError,omitempty"`
}

type answer struct {
	Response *struct {
		UID     string `json:"uid"`
		Allowed bool   `json:"allowed"`
		Patch   []byte `json:"patch"`
	} `json:"response"`
}

func main() {
	address := flag.String("address", "", "host:port")
	path := flag.String("path", "/", "path and query")
	bodies := flag.String("bodies", "", "folder of request bodies, sent in turn")
	connections := flag.Int("connections", 8, "connections")
	rate := flag.Float64("rate", 0, "requests a second; 0: as many as possible")
	seconds := flag.Float64("seconds", 5, "how long")
	flag.Parse()
	requests, err := read(*bodies, *address, *path)
	if err == nil {
		err = run(*address, requests, *connections, *rate, time.Duration(*seconds*float64(time.Second)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

// read makes whole HTTP requests out of a folder of JSON files, once.
func read(folder, address, path string) ([][]byte, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	if len(files) == 0 {
		return nil, fmt.Errorf("no *.json in %q", folder)
	}
	requests := make([][]byte, 0, len(files))
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: kube-apiserver-admission\r\nContent-Length: %d\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n\r\n", path, address, len(body))
		requests = append(requests, append([]byte(head), body...))
	}
	return requests, nil
}

func run(address string, requests [][]byte, connections int, rate float64, length time.Duration) error {
	clients := make([]*client, connections)
	for index := range clients {
		one, err := dial(address)
		if err != nil {
			return err
		}
		defer one.connection.Close()
		clients[index] = one
	}
	begin := time.Now()
	end := begin.Add(length)
	var group sync.WaitGroup
	for index, one := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			one.loop(requests, index, connections, rate, begin, end)
		}()
	}
	group.Wait()
	elapsed := time.Since(begin).Seconds()

	total := result{Seconds: elapsed}
	latencies := []time.Duration{}
	for _, one := range clients {
		latencies = append(latencies, one.latencies...)
		total.Errors += one.errors
		total.Patched += one.patched
		if total.FirstError == "" {
			total.FirstError = one.firstError
		}
	}
	sort.Slice(latencies, func(a, b int) bool { return latencies[a] < latencies[b] })
	total.Requests = len(latencies)
	total.PerSecond = float64(len(latencies)) / elapsed
	total.P50, total.P90, total.P99, total.Max = at(latencies, 0.5), at(latencies, 0.9), at(latencies, 0.99), at(latencies, 1)
	return json.NewEncoder(os.Stdout).Encode(total)
}

func at(sorted []time.Duration, quantile float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	index := min(len(sorted)-1, int(quantile*float64(len(sorted))))
	return float64(sorted[index].Nanoseconds()) / 1e6
}

type client struct {
	address    string
	connection *tls.Conn
	reader     *bufio.Reader
	latencies  []time.Duration
	errors     int
	patched    int
	firstError string
}

func dial(address string) (*client, error) {
	// The server's certificate is a test's own, and the measure is of time.
	connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return nil, err
	}
	return &client{address: address, connection: connection, reader: bufio.NewReaderSize(connection, 64<<10)}, nil
}

func (c *client) loop(requests [][]byte, first, step int, rate float64, begin, end time.Time) {
	for number := first; ; number += step {
		due := time.Now()
		if rate > 0 {
			due = begin.Add(time.Duration(float64(number) / rate * float64(time.Second)))
			time.Sleep(time.Until(due))
		}
		if !due.Before(end) {
			return
		}
		if err := c.send(requests[number%len(requests)], number < first+step*64); err != nil {
			c.errors++
			if c.firstError == "" {
				c.firstError = err.Error()
			}
			if !c.again() {
				return
			}
			continue
		}
		c.latencies = append(c.latencies, time.Since(due))
	}
}

// send writes one request and reads its answer; the first answers of a connection are looked into.
func (c *client) send(request []byte, look bool) error {
	if _, err := c.connection.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	if !look {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	var review answer
	if err := json.NewDecoder(response.Body).Decode(&review); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if review.Response == nil || !review.Response.Allowed || review.Response.UID == "" {
		return fmt.Errorf("not an answer that allows")
	}
	if len(review.Response.Patch) > 0 {
		c.patched++
	}
	return nil
}

func (c *client) again() bool {
	c.connection.Close()
	fresh, err := dial(c.address)
	if err != nil {
		return false
	}
	c.connection, c.reader = fresh.connection, fresh.reader
	return true
}
