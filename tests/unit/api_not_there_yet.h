/* operationIds without a handler; see test_api.c. */
"fileUpload",
"fileShow",
"assessmentCreate",
"assessmentContent",
