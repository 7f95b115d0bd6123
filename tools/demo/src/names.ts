/** First names in ASCII, as they go into e-mail addresses. */
export const firstNames = (
  'Ada Amir Ana Anton Aoife Asha Bea Ben Camille Chidi Clara Dalia Diego Elif Emil Esra Femi Freya Goran Hana Hugo Ines ' +
  'Ivan Jonas Jun Kaya Kofi Lara Leo Lin Lucia Mara Mateo Mei Milan Nadia Niko Noor Oskar Paula Priya Rafael Rosa Samir ' +
  'Selma Sofia Tariq Tess Tomas Uma Vera Victor Wanda Yara Yusuf Zoe'
).split(' ');

/** Family names in ASCII. */
export const lastNames = (
  'Abebe Adler Almeida Bakker Bauer Berg Brennan Chen Costa Dahl Demir Duarte Eklund Fischer Fontaine Garcia Haddad Hansen ' +
  'Horvat Ibrahim Ito Jansen Kaplan Keller Khan Kowalski Laurent Lindqvist Lopez Marino Mensah Meyer Moreau Nakamura Novak ' +
  'Okafor Olsen Park Patel Pereira Petrov Quinn Rossi Sato Schmidt Silva Singh Sorensen Tanaka Torres Vasquez Virtanen Vogel ' +
  'Weber Wood Yilmaz Zeman'
).split(' ');
