// Puts load on etcd, through the client library that Debian ships with it.
//
//	etcd_load append PORT PREFIX COUNT IN_FLIGHT BYTES
//	    put COUNT keys, IN_FLIGHT of them waiting for their acknowledgement at any time
//	etcd_load gap PORT PREFIX SECONDS PAUSE_MS TIMEOUT_MS BYTES
//	    put one, wait until it is acknowledged (or try again after TIMEOUT_MS), pause, and so on
//
// The server is on loopback.  Prints one line of JSON, the same as nats_load and with the same
// percentiles.  Built with GO111MODULE=off GOPATH=/usr/share/gocode.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const (
	answerMax = 10 * time.Second
	warmUp    = time.Second
)

func fail(text string, err error) {
	fmt.Fprintln(os.Stderr, "etcd_load:", text, err)
	os.Exit(1)
}

func milliseconds(duration time.Duration) float64 {
	return duration.Seconds() * 1000
}

// The nearest rank, as in clock.h.
func percentile(sorted []float64, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return sorted[rank-1]
}

func latencies(values []float64) string {
	sort.Float64s(values)
	return fmt.Sprintf(`"p50_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f`,
		percentile(values, 50), percentile(values, 99), percentile(values, 100))
}

func put(client *clientv3.Client, key, value string, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, err := client.Put(ctx, key, value)
	return err == nil
}

func runAppend(client *clientv3.Client, prefix, value string, count, inFlight int) {
	values := make([]float64, count)
	var next, failed int64
	var writers sync.WaitGroup
	started := time.Now()
	for i := 0; i < inFlight; i++ {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for {
				index := int(atomic.AddInt64(&next, 1)) - 1
				if index >= count {
					return
				}
				before := time.Now()
				for !put(client, fmt.Sprintf("%s/%010d", prefix, index), value, answerMax) {
					if atomic.AddInt64(&failed, 1) > 100 {
						fail("too many puts failed", nil)
					}
				}
				values[index] = milliseconds(time.Since(before))
			}
		}()
	}
	writers.Wait()
	seconds := time.Since(started).Seconds()
	fmt.Printf("{\"count\": %d, \"failed\": %d, \"seconds\": %.4f, \"per_s\": %.1f, %s}\n",
		count, failed, seconds, float64(count)/seconds, latencies(values))
}

// The times between one acknowledged write and the next, counted as stalls.h counts them.
func runGap(client *clientv3.Client, prefix, value string, seconds int, pause, timeout time.Duration) {
	var values []float64
	var longest time.Duration
	var began time.Time
	failed := 0
	last := time.Now()
	from := last.Add(warmUp)
	end := last.Add(time.Duration(seconds) * time.Second)
	note := func(now time.Time) {
		if stall := now.Sub(last); !now.Before(from) {
			if stall > longest {
				longest, began = stall, last
			}
			values = append(values, milliseconds(stall))
		}
		last = now
	}
	for index := 0; time.Now().Before(end); index++ {
		if put(client, fmt.Sprintf("%s/%010d", prefix, index), value, timeout) {
			note(time.Now())
		} else {
			failed++
		}
		time.Sleep(pause)
	}
	acknowledged := len(values)
	note(time.Now()) // what is still waited for counts as well
	fmt.Printf("{\"acknowledged\": %d, \"failed\": %d, \"longest_ms\": %.3f, \"longest_began_ms\": %.3f, %s}\n",
		acknowledged, failed, milliseconds(longest), float64(began.UnixNano())/1e6,
		latencies(values[:acknowledged]))
}

func main() {
	words := os.Args
	isAppend := len(words) == 7 && words[1] == "append"
	isGap := len(words) == 8 && words[1] == "gap"
	if !isAppend && !isGap {
		fail("usage: etcd_load append PORT PREFIX COUNT IN_FLIGHT BYTES"+
			" | gap PORT PREFIX SECONDS PAUSE_MS TIMEOUT_MS BYTES", nil)
	}
	var numbers []int
	for _, word := range words[4:] {
		number, err := strconv.Atoi(word)
		if err != nil || number < 1 {
			fail("not a number above 0: "+word, err)
		}
		numbers = append(numbers, number)
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:   []string{"127.0.0.1:" + words[2]},
		DialTimeout: 5 * time.Second,
	})
	if err != nil {
		fail("connect", err)
	}
	value := strings.Repeat("x", numbers[len(numbers)-1])
	// The library connects when it is first used; that belongs to no measurement.
	if !put(client, "first", value, answerMax) {
		fail("no answer on port "+words[2], nil)
	}
	if isAppend {
		runAppend(client, words[3], value, numbers[0], numbers[1])
	} else {
		runGap(client, words[3], value, numbers[0], time.Duration(numbers[1])*time.Millisecond,
			time.Duration(numbers[2])*time.Millisecond)
	}
}
