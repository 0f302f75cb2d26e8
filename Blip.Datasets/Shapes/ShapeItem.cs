namespace Blip.Datasets.Shapes;

/// <summary>One shape of a scene.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Size">Its size as a word.</param>
/// <param name="X">Its centre's distance from the left edge, as a share of the side.</param>
/// <param name="Y">Its centre's distance from the upper edge, as a share of the side.</param>
/// <param name="Radius">Its radius, as a share of the side. Triangles' and stars' tips reach further, squares less far.</param>
public sealed record ShapeItem(Shape Shape, ShapeColor Color, ShapeSize Size, double X, double Y, double Radius);
