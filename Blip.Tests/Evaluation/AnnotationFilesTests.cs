using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>The files of the data sets: the entries that are read, and the errors of the others.</summary>
public sealed class AnnotationFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Coco_captions()
    {
        var images = Captions("""
            {"info": {"year": 2014}, "images": [{"license": 1, "file_name": "COCO_val2014_000000000042.jpg", "id": 42}, {"id": 7}],
             "annotations": [{"image_id": 7, "id": 1, "caption": "A dog."}, {"image_id": 42, "id": 2, "caption": "Two cats."}, {"image_id": 7, "id": 3, "caption": ""}]}
            """).Images;

        Assert.Equal([42, 7], images.Select(image => image.Id));
        Assert.Equal(["COCO_val2014_000000000042.jpg", null], images.Select(image => image.FileName));
        Assert.Equal(["A dog.", ""], images[1].Captions);
    }

    [Fact]
    public void A_secret_test_set_has_images_and_no_captions()
    {
        var annotations = Captions("""{"images": [{"file_name": "1.jpg", "id": 1}]}""");

        Assert.False(annotations.HasCaptions);
        Assert.Single(annotations.Images);
    }

    [Fact]
    public void Karpathys_split_of_coco_and_of_flickr()
    {
        const string Json = """
            {"dataset": "coco", "images": [
              {"filepath": "val2014", "filename": "COCO_val2014_000000391895.jpg", "cocoid": 391895, "imgid": 0, "split": "test",
               "sentences": [{"raw": "A man.", "tokens": ["a", "man"]}, {"raw": "Someone."}]},
              {"filename": "1000092795.jpg", "imgid": 5, "split": "val", "sentences": [{"raw": "Two men."}]}]}
            """;

        var test = Assert.Single(Captions(Json).Images);
        Assert.Equal((391895, "val2014/COCO_val2014_000000391895.jpg"), (test.Id, test.FileName));
        Assert.Equal(["A man.", "Someone."], test.Captions);
        var val = Assert.Single(Captions(Json, "val").Images);
        Assert.Equal((5, "1000092795.jpg"), (val.Id, val.FileName));
        Refused(() => Captions(Json, "train"), "split 'train'", "test, val");
    }

    [Fact]
    public void Blips_lists()
    {
        var images = Captions("""
            [{"image": "val2014/COCO_val2014_000000391895.jpg", "caption": ["A man.", "Someone."]}, {"image": "val2014/COCO_val2014_000000000007.jpg", "caption": "A dog."},
             {"image": "val2014/COCO_val2014_000000000007.jpg", "caption": "A cat.", "image_id": "coco_7"}]
            """).Images;

        Assert.Equal([391895, 7], images.Select(image => image.Id));
        Assert.Equal(["A dog.", "A cat."], images[1].Captions);
        Assert.Equal([0, 1], Captions("""[{"image": "a.jpg", "caption": "A"}, {"image": "b.jpg", "caption": "B"}]""").Images.Select(
            image => image.Id));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("caption", "no JSON")]
    [InlineData("{", "line 1")]
    [InlineData("{}", "'images'")]
    [InlineData("""{"images": []}""", "no images")]
    [InlineData("""{"images": [{"id": 1}, {}]}""", "images[1]", "no id")]
    [InlineData("""{"images": [{"id": 1}, {"id": 1}]}""", "images[1]", "id 1")]
    [InlineData("""{"images": [{"id": []}]}""", "images[0].id", "line 1", "another kind")]
    [InlineData("""{"images": [{"id": 1.5}]}""", "images[0].id", "line 1", "another kind")]
    [InlineData("""{"images": [null]}""", "images[0]", "no id")]
    [InlineData("""{"images": [{"id": 1}], "annotations": [{"caption": "x"}]}""", "annotations[0]", "image_id")]
    [InlineData("""{"images": [{"id": 1}], "annotations": [{"image_id": 2, "caption": "x"}]}""", "annotations[0]", "image 2")]
    [InlineData("""{"images": [{"sentences": [], "imgid": 1, "filename": "a"}]}""", "images[0]", "split")]
    [InlineData("""[{"caption": "x"}]""", "[0]", "image")]
    [InlineData("""[{"image": "a.jpg", "caption": [1]}]""", "[0].caption")]
    public void A_file_that_lacks_something_is_named_with_the_entry(string json, params string[] words) =>
        Refused(() => Captions(json), words);

    [Fact]
    public void A_file_that_is_not_there() =>
        Refused(() => CaptionAnnotations.Load(Path.Combine(folder.Path, "none.json")), "none.json", "cannot be read");

    [Fact]
    public void Vqa_questions_and_annotations()
    {
        var questions = folder.Write("questions.json", """
            {"data_subtype": "val2014", "questions": [{"image_id": 42, "question": "What color?", "question_id": 42000}, {"image_id": 42, "question": "How many?", "question_id": 42001}]}
            """);
        var annotations = folder.Write("annotations.json", """
            {"annotations": [{"question_id": 42001, "image_id": 42, "question_type": "how many", "answer_type": "number", "answers": [{"answer": "2", "answer_id": 1}, {"answer": "two"}]},
             {"question_id": 42000, "image_id": 42, "question_type": "what color", "answer_type": "other", "answers": [{"answer": "red"}]}]}
            """);

        var both = VqaDataset.Load(questions, annotations).Questions;
        Assert.Equal([42000, 42001], both.Select(question => question.Id));
        Assert.Equal(("How many?", "COCO_val2014_000000000042.jpg", "number"), (both[1].Text, both[1].FileName, both[1].AnswerType));
        Assert.Equal(["2", "two"], both[1].Answers);
        Assert.False(VqaDataset.Load(questions, null).HasAnswers);
        Assert.Equal([42001, 42000], VqaDataset.Load(null, annotations).Questions.Select(question => question.Id));
    }

    [Fact]
    public void Blips_vqa_list_and_files_of_different_sets()
    {
        var list = folder.Write("vqa_val.json",
            """[{"question_id": 1, "question": "Is it?", "image": "val2014/COCO_val2014_000000000009.jpg", "dataset": "vqa", "answer": ["yes", "no"]}]""");
        var question = Assert.Single(VqaDataset.Load(list, null).Questions);
        Assert.Equal((9, "val2014/COCO_val2014_000000000009.jpg"), (question.ImageId, question.FileName));
        Assert.Equal(["yes", "no"], question.Answers);

        var other = folder.Write("annotations.json", """{"annotations": [{"question_id": 2, "answers": [{"answer": "x"}]}]}""");
        Refused(() => VqaDataset.Load(list, other), "question 1", "different sets");
    }

    [Theory]
    [InlineData("""{"annotations": []}""", "'questions'")]
    [InlineData("""{"questions": [{"question": "?", "image_id": 1}]}""", "questions[0]", "question_id")]
    [InlineData("""{"questions": [{"question_id": 1, "image_id": 1}]}""", "questions[0]", "question")]
    [InlineData("""{"questions": [{"question_id": 1, "question": "?"}]}""", "questions[0]", "image_id")]
    [InlineData("""[{"question_id": 1, "question": "?", "image": "1.jpg", "answer": 3}]""", "[0].answer")]
    public void Questions_that_lack_something(string json, params string[] words) =>
        Refused(() => VqaDataset.Load(folder.Write("q.json", json), null), ["q.json", .. words]);

    [Theory]
    [InlineData("""[]""", "list")]
    [InlineData("""{"questions": []}""", "'annotations'")]
    public void Annotations_that_lack_something(string json, params string[] words) =>
        Refused(() => VqaDataset.Load(null, folder.Write("a.json", json)), ["a.json", .. words]);

    [Fact]
    public void Images_are_found_by_name_anywhere_in_the_folder_or_by_number()
    {
        var direct = folder.Write("val2014/COCO_val2014_000000000042.jpg", "x");
        var deep = folder.Write("other/deep/9.png", "x");
        var images = new ImageFolder(folder.Path);

        Assert.Equal(direct, images.Find("val2014/COCO_val2014_000000000042.jpg", 1, out _));
        Assert.Equal(direct, images.Find("COCO_val2014_000000000042.jpg", 1, out _));
        Assert.Equal(deep, images.Find("elsewhere/9.png", 1, out _));
        Assert.Equal(direct, images.Find(null, 42, out _));
        Assert.Null(images.Find("10.png", 9, out _));
        Assert.Null(images.Find(null, 10, out _));
        Refused(() => _ = new ImageFolder(Path.Combine(folder.Path, "none")), "none");
    }

    [Fact]
    public void No_bytes_break_the_readers()
    {
        const string Valid =
            """{"images":[{"id":1,"file_name":"a.jpg","split":"test","sentences":[{"raw":"x"}],"filename":"b"}],"annotations":[{"image_id":1,"caption":"x"}]}""";
        var path = Path.Combine(folder.Path, "fuzz.json");
        Gen.Select(Gen.Int[0, Valid.Length - 2], Gen.Int[0, 5], Gen.OneOf(Gen.String, Gen.OneOf("null", "[", "{", "}", "1e999", "\"", ",")))
            .Sample(
            (at, cut, added) =>
            {
                File.WriteAllText(path, Valid[..at] + added + Valid[Math.Min(at + cut, Valid.Length)..]);
                foreach (var read in (Action[])[() => CaptionAnnotations.Load(path), () => VqaDataset.Load(path, null),
                    () => VqaDataset.Load(null, path), () => ResultsFormat.Captions.Load(path)])
                {
                    try
                    {
                        read();
                    }
                    catch (AnnotationException e)
                    {
                        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                    }
                }
            },
            iter: 1000,
            threads: 1);
    }

    private static void Refused(Action action, params string[] words)
    {
        var message = Assert.Throws<AnnotationException>(action).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    private CaptionAnnotations Captions(string json, string split = "test") =>
        CaptionAnnotations.Load(folder.Write("captions.json", json), split);
}
