// The controller that a Go developer would write with controller-runtime: for each Service of a component, one
// VMServiceScrape by server-side apply, with eight workers.
package main

import (
	"context"
	"flag"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

const workers = 8

type reconciler struct{ client client.Client }

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	service := &corev1.Service{}
	if err := r.client.Get(ctx, request.NamespacedName, service); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	matchLabels := map[string]any{}
	for key, value := range service.Labels {
		matchLabels[key] = value
	}
	scrape := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "operator.victoriametrics.com/v1beta1",
		"kind":       "VMServiceScrape",
		"metadata": map[string]any{
			"name":      service.Name + "-metrics",
			"namespace": service.Namespace,
			"labels":    map[string]any{"app.kubernetes.io/managed-by": "go-peer"},
			"ownerReferences": []any{map[string]any{
				"apiVersion": "v1", "kind": "Service", "name": service.Name, "uid": string(service.UID),
			}},
		},
		"spec": map[string]any{
			"selector":  map[string]any{"matchLabels": matchLabels},
			"endpoints": []any{map[string]any{"port": "client", "path": "/metrics", "interval": "30s"}},
		},
	}}
	return ctrl.Result{}, r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(scrape), client.FieldOwner("go-peer"), client.ForceOwnership)
}

func main() {
	kubeconfig := flag.String("config", "", "kubeconfig")
	metrics := flag.String("metrics", "0", "address of its metrics, by HTTP; 0 for none")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*kubeconfig, *metrics); err != nil {
		ctrl.Log.Error(err, "the controller ended")
		os.Exit(1)
	}
}

func run(kubeconfig, metrics string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	limitless(config)
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Metrics: server.Options{BindAddress: metrics}})
	if err != nil {
		return err
	}
	isComponent := predicate.NewPredicateFuncs(func(object client.Object) bool {
		return object.GetLabels()["app.kubernetes.io/part-of"] == "multigres"
	})
	err = ctrl.NewControllerManagedBy(manager).
		For(&corev1.Service{}, builder.WithPredicates(isComponent)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(&reconciler{client: manager.GetClient()})
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

// limitless takes client-go's own brake off (20 requests a second by default), which would be all that is measured.
func limitless(config *rest.Config) {
	config.QPS = -1
}
