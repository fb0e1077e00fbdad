/*
 * html.h - the parts of the page, from the files of this folder, turned into arrays by tools/embed
 * at build time. The template has @TITLE@, @STYLE@, @DATA@ and @SCRIPT@ where they belong.
 */
#ifndef LAB_REPORT_HTML_HTML_H
#define LAB_REPORT_HTML_HTML_H

#include <stddef.h>

extern const unsigned char report_page[], report_style[], report_script[];
extern const size_t report_page_len, report_style_len, report_script_len;

#endif
