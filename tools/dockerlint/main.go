// Dockerlint checks a Dockerfile with the checks of `docker build --check`, and prints what it says and the parsed
// stages as JSON. It asks no registry: base images count as empty ones.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/opencontainers/go-digest"
)

// emptyImages answers for every image without asking a registry.
type emptyImages struct{}

func (emptyImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture":"amd64","os":"linux","config":{"WorkingDir":"/"},"rootfs":{"type":"layers"}}`)
	return ref, digest.FromBytes(config), config, nil
}

// instruction is one line of a stage, as the parser of Docker has it.
type instruction struct {
	Name  string   `json:"name"`
	Flags []string `json:"flags"`
	Words []string `json:"words"`
	// JSON tells whether the words were written as a JSON array.
	JSON bool `json:"json"`
}

type report struct {
	Warnings     []lint.Warning   `json:"warnings"`
	Error        *lint.BuildError `json:"error"`
	Instructions []instruction    `json:"instructions"`
}

func run(path string) (*report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sources := llb.NewSourceMap(nil, path, "Dockerfile", text)
	// The linter copies it, and stumbles over none.
	sources.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{
		SourceMap:    sources,
		MetaResolver: emptyImages{},
	})
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return nil, err
	}
	made := report{Warnings: results.Warnings, Error: results.Error}
	for _, line := range parsed.AST.Children {
		one := instruction{Name: line.Value, Flags: line.Flags, JSON: line.Attributes["json"]}
		for word := line.Next; word != nil; word = word.Next {
			one.Words = append(one.Words, word.Value)
		}
		made.Instructions = append(made.Instructions, one)
	}
	return &made, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "dockerlint DOCKERFILE")
		os.Exit(2)
	}
	made, err := run(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(made)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
