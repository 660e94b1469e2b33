// Made from test/fixtures/crds/vmservicescrape.yaml by `npm run generate`: change that file, not this one.
import type { FieldType } from './field-type.ts';

/** The fields of `spec`. */
export const scrapeSchema: FieldType = {
  "fields": {
    "attach_metadata": {
      "fields": {
        "namespace": "boolean",
        "node": "boolean"
      }
    },
    "discoveryRole": "string",
    "endpoints": {
      "list": {
        "fields": {
          "attach_metadata": {
            "fields": {
              "namespace": "boolean",
              "node": "boolean"
            }
          },
          "authorization": {
            "fields": {
              "credentials": {
                "fields": {
                  "key": "string",
                  "name": "string",
                  "optional": "boolean"
                }
              },
              "credentialsFile": "string",
              "type": "string"
            }
          },
          "basicAuth": {
            "fields": {
              "password": {
                "fields": {
                  "key": "string",
                  "name": "string",
                  "optional": "boolean"
                }
              },
              "password_file": "string",
              "username": {
                "fields": {
                  "key": "string",
                  "name": "string",
                  "optional": "boolean"
                }
              }
            }
          },
          "bearerTokenFile": "string",
          "bearerTokenSecret": {
            "fields": {
              "key": "string",
              "name": "string",
              "optional": "boolean"
            }
          },
          "follow_redirects": "boolean",
          "honorLabels": "boolean",
          "honorTimestamps": "boolean",
          "interval": "string",
          "max_scrape_size": "string",
          "metricRelabelConfigs": {
            "list": {
              "fields": {
                "action": "string",
                "if": "free",
                "labels": {
                  "map": "string"
                },
                "match": "string",
                "modulus": "integer",
                "regex": "string or list of strings",
                "replacement": "string",
                "separator": "string",
                "sourceLabels": {
                  "list": "string"
                },
                "source_labels": {
                  "list": "string"
                },
                "targetLabel": "string",
                "target_label": "string"
              }
            }
          },
          "oauth2": {
            "fields": {
              "client_id": {
                "fields": {
                  "configMap": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  },
                  "secret": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  }
                }
              },
              "client_secret": {
                "fields": {
                  "key": "string",
                  "name": "string",
                  "optional": "boolean"
                }
              },
              "client_secret_file": "string",
              "endpoint_params": {
                "map": "string"
              },
              "proxy_url": "string",
              "scopes": {
                "list": "string"
              },
              "tls_config": "free",
              "token_url": "string"
            }
          },
          "params": {
            "map": {
              "list": "string"
            }
          },
          "path": "string",
          "port": "free",
          "proxyURL": "string",
          "relabelConfigs": {
            "list": {
              "fields": {
                "action": "string",
                "if": "free",
                "labels": {
                  "map": "string"
                },
                "match": "string",
                "modulus": "integer",
                "regex": "string or list of strings",
                "replacement": "string",
                "separator": "string",
                "sourceLabels": {
                  "list": "string"
                },
                "source_labels": {
                  "list": "string"
                },
                "targetLabel": "string",
                "target_label": "string"
              }
            }
          },
          "sampleLimit": "integer",
          "scheme": "string",
          "scrapeTimeout": "string",
          "scrape_interval": "string",
          "seriesLimit": "integer",
          "targetPort": "integer or string",
          "tlsConfig": {
            "fields": {
              "ca": {
                "fields": {
                  "configMap": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  },
                  "secret": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  }
                }
              },
              "caFile": "string",
              "cert": {
                "fields": {
                  "configMap": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  },
                  "secret": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  }
                }
              },
              "certFile": "string",
              "insecureSkipVerify": "boolean",
              "keyFile": "string",
              "keySecret": {
                "fields": {
                  "key": "string",
                  "name": "string",
                  "optional": "boolean"
                }
              },
              "serverName": "string"
            }
          },
          "vm_scrape_params": {
            "fields": {
              "disable_compression": "boolean",
              "disable_keep_alive": "boolean",
              "headers": {
                "list": "string"
              },
              "metric_relabel_debug": "boolean",
              "no_stale_markers": "boolean",
              "proxy_client_config": {
                "fields": {
                  "authorization": {
                    "fields": {
                      "credentials": {
                        "fields": {
                          "key": "string",
                          "name": "string",
                          "optional": "boolean"
                        }
                      },
                      "credentialsFile": "string",
                      "type": "string"
                    }
                  },
                  "basic_auth": {
                    "fields": {
                      "password": {
                        "fields": {
                          "key": "string",
                          "name": "string",
                          "optional": "boolean"
                        }
                      },
                      "password_file": "string",
                      "username": {
                        "fields": {
                          "key": "string",
                          "name": "string",
                          "optional": "boolean"
                        }
                      }
                    }
                  },
                  "bearer_token": {
                    "fields": {
                      "key": "string",
                      "name": "string",
                      "optional": "boolean"
                    }
                  },
                  "bearer_token_file": "string",
                  "oauth2": {
                    "fields": {
                      "client_id": {
                        "fields": {
                          "configMap": {
                            "fields": {
                              "key": "string",
                              "name": "string",
                              "optional": "boolean"
                            }
                          },
                          "secret": {
                            "fields": {
                              "key": "string",
                              "name": "string",
                              "optional": "boolean"
                            }
                          }
                        }
                      },
                      "client_secret": {
                        "fields": {
                          "key": "string",
                          "name": "string",
                          "optional": "boolean"
                        }
                      },
                      "client_secret_file": "string",
                      "endpoint_params": {
                        "map": "string"
                      },
                      "proxy_url": "string",
                      "scopes": {
                        "list": "string"
                      },
                      "tls_config": "free",
                      "token_url": "string"
                    }
                  },
                  "tls_config": "free"
                }
              },
              "relabel_debug": "boolean",
              "scrape_align_interval": "string",
              "scrape_offset": "string",
              "stream_parse": "boolean"
            }
          }
        }
      }
    },
    "jobLabel": "string",
    "namespaceSelector": {
      "fields": {
        "any": "boolean",
        "matchNames": {
          "list": "string"
        }
      }
    },
    "podTargetLabels": {
      "list": "string"
    },
    "sampleLimit": "integer",
    "scrapeClass": "string",
    "selector": {
      "fields": {
        "matchExpressions": {
          "list": {
            "fields": {
              "key": "string",
              "operator": "string",
              "values": {
                "list": "string"
              }
            }
          }
        },
        "matchLabels": {
          "map": "string"
        }
      }
    },
    "seriesLimit": "integer",
    "targetLabels": {
      "list": "string"
    }
  }
};
