// The mutating webhook that a Go developer would write with controller-runtime: a typed Service, its labels and its
// metrics port defaulted, and the patch left to the library.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"net/http"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const (
	nameLabel      = "app.kubernetes.io/name"
	instanceLabel  = "app.kubernetes.io/instance"
	componentLabel = "app.kubernetes.io/component"
	partOfLabel    = "app.kubernetes.io/part-of"
	portName       = "client"
	portNumber     = 2379
)

type defaulter struct{ decoder admission.Decoder }

func (d *defaulter) Handle(_ context.Context, request admission.Request) admission.Response {
	service := &corev1.Service{}
	if err := d.decoder.Decode(request, service); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if service.Labels == nil {
		service.Labels = map[string]string{}
	}
	setDefault(service.Labels, nameLabel, "etcd")
	setDefault(service.Labels, instanceLabel, service.Name)
	setDefault(service.Labels, componentLabel, "etcd")
	setDefault(service.Labels, partOfLabel, "multigres")
	addPort(service)
	changed, err := json.Marshal(service)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, changed)
}

func setDefault(labels map[string]string, key, value string) {
	if _, found := labels[key]; !found {
		labels[key] = value
	}
}

func addPort(service *corev1.Service) {
	for _, port := range service.Spec.Ports {
		if port.Name == portName || port.Port == portNumber {
			return
		}
	}
	service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{
		Name: portName, Port: portNumber, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(portNumber),
	})
}

func main() {
	port := flag.Int("port", 0, "port of the loopback to listen on")
	certs := flag.String("certs", "", "folder with tls.crt and tls.key")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	server := webhook.NewServer(webhook.Options{
		Host: "127.0.0.1", Port: *port, CertDir: *certs,
		TLSOpts: []func(*tls.Config){func(config *tls.Config) { config.NextProtos = []string{"http/1.1"} }},
	})
	decoder := admission.NewDecoder(runtimeScheme())
	server.Register("/mutate", &webhook.Admission{Handler: &defaulter{decoder: decoder}})
	if err := server.Start(ctrl.SetupSignalHandler()); err != nil {
		ctrl.Log.Error(err, "the webhook ended")
		os.Exit(1)
	}
}

func runtimeScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	return scheme
}
