/*
 * html.h - the parts of the page, as they lie in this folder: made into arrays by tools/embed when
 * burble is built. The template has @TITLE@, @STYLE@, @DATA@ and @SCRIPT@ where they belong.
 */
#ifndef LAB_REPORT_HTML_HTML_H
#define LAB_REPORT_HTML_HTML_H

#include <stddef.h>

extern const unsigned char report_page[], report_style[], report_script[];
extern const size_t report_page_len, report_style_len, report_script_len;

#endif
