import unittest

import app


class NotesTest(unittest.TestCase):
    def setUp(self):
        app.notebook = app.Notebook()
        self.client = app.app.test_client()

    def test_a_note_comes_and_goes(self):
        answer = self.client.post("/notes", json={"text": " <b>milk</b> "})
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(answer.json, {"id": 1, "text": "<b>milk</b>"})
        self.assertEqual(self.client.get("/notes").json, [answer.json])
        self.assertEqual(self.client.get("/notes/1").json, answer.json)
        self.assertIn("&lt;b&gt;milk", self.client.get("/").text)
        self.assertEqual(self.client.delete("/notes/1").status_code, 204)
        self.assertEqual(self.client.delete("/notes/1").status_code, 404)

    def test_bad_input(self):
        for body in ({}, {"text": ""}, {"text": " "}, {"text": 5}, [], "x", {"text": "x" * 4097}):
            self.assertEqual(self.client.post("/notes", json=body).status_code, 400, body)
        self.assertEqual(self.client.post("/notes", data=b"{").status_code, 400)
        self.assertEqual(self.client.get("/notes/7").json, {"error": "not found"})
        self.assertEqual(self.client.put("/notes").status_code, 405)

    def test_the_notebook_is_bounded(self):
        for _ in range(app.MAX_NOTES):
            app.notebook.add("x")
        self.assertEqual(self.client.post("/notes", json={"text": "x"}).status_code, 507)


if __name__ == "__main__":
    unittest.main()
