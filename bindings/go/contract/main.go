// Runs the scenarios of tests/contract through the Go package: contract_with_cluster ./contract SCENARIOS...
package main

import (
	"fmt"
	"os"
	"strings"
)

// read returns the steps up to the "end" of the block.
func read(lines []string, number *int) []step {
	var block []step
	for *number < len(lines) {
		line := strings.TrimSpace(lines[*number])
		*number++
		verb, _, _ := strings.Cut(line, " ")
		switch verb {
		case "end":
			return block
		case "scenario":
			*number--
			return block
		case "watch", "threads", "background", "fork", "first":
			at := *number
			block = append(block, step{line, at, read(lines, number)})
		default:
			if line != "" && line[0] != '#' {
				block = append(block, step{line: line, number: *number})
			}
		}
	}
	return block
}

func main() {
	passed, skipped, all := 0, 0, 0
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err != nil {
			fmt.Println("FAILED", err)
			os.Exit(1)
		}
		lines := strings.Split(string(text), "\n")
		for number := 0; number < len(lines); number++ {
			name := strings.TrimSpace(lines[number])
			if !strings.HasPrefix(name, "scenario ") {
				continue
			}
			name = strings.TrimPrefix(name, "scenario ")
			number++
			block := read(lines, &number)
			number--
			all++
			if len(block) > 0 && block[0].line == "needs fork" {
				skipped++
				fmt.Printf("skipped %s: a Go program cannot fork\n", name)
			} else if err := runScenario(block, os.Getenv("RC_TEST_NODES")); err != nil {
				fmt.Printf("FAILED %s: %s:%v\n", name, file, err)
			} else {
				passed++
				fmt.Printf("ok %s\n", name)
			}
		}
	}
	fmt.Printf("contract: %d of %d passed, %d skipped\n", passed, all, skipped)
	if passed+skipped != all || all == 0 {
		os.Exit(1)
	}
}
